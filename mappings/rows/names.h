#pragma once
/// @file mappings/rows/names.h
/// The names Varde uses where R4 and the Norwegian basis profiles have none, and the code systems that the messages and
/// FHIR write differently. Sources: no-basis profiles, HL7 terminology of R4.
#include <array>
#include <string>
#include <string_view>

#include "norway/code_lists.h"

namespace varde::mappings::rows {

inline constexpr std::string_view kExtensionBase = "https://varde.example/fhir/StructureDefinition/plo-";
inline constexpr std::string_view kElementSystem = "https://varde.example/fhir/CodeSystem/plo-element";
inline constexpr std::string_view kUuidSystem = "urn:ietf:rfc:3986";
inline constexpr std::string_view kOid = "urn:oid:";
namespace code_list = norway::code_list;
using norway::oid_of_list;

/// Extensions that others have defined; every other name is one of ours: kExtensionBase + name.
struct ExtensionName {
  std::string_view name, url;
};
inline constexpr std::array kExtensions{
    ExtensionName{"middlename", "http://hl7.no/fhir/StructureDefinition/no-basis-middlename"},
    ExtensionName{"municipalitycode", "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"},
    ExtensionName{"citizenship", "http://hl7.org/fhir/StructureDefinition/patient-citizenship"},
    ExtensionName{"post-box", "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-postBox"},
};
std::string extension_url(std::string_view name);

// clang-format off
/// Code systems that FHIR names by URL and the messages by OID. A code arrives and leaves under its OID.
struct SystemName { std::string_view url, oid; };
inline constexpr std::array kSystems{
    SystemName{"http://hl7.org/fhir/sid/icd-10",  code_list::kIcd10.oid()},
    SystemName{"http://hl7.org/fhir/sid/icpc-2",  code_list::kIcpc2.oid()},
    SystemName{"http://www.whocc.no/atc",         code_list::kAtc.oid()},
    SystemName{"http://loinc.org",                "2.16.840.1.113883.6.1"},
    SystemName{"http://snomed.info/sct",          "2.16.840.1.113883.6.96"},
};
// clang-format on

/// "2.16.578…" of a system given as urn:oid: or by a URL of kSystems; empty when neither.
std::string_view oid_of(std::string_view system);
/// As the reader of a screen would name an element of a message: "FramsattDato" -> "Framsatt dato".
std::string label(std::string_view element);

}  // namespace varde::mappings::rows
