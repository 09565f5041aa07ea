#pragma once
/// @file server/interaction/patch.h
/// patch, as the single interaction and a Bundle's entries do it: JSON Patch, or FHIRPath Patch in Parameters.
/// Source: https://hl7.org/fhir/R4/http.html#patch
/// Faults: those of fhir-model/patch and of the base rules, not_found, gone, version_conflict,
/// content_type_unsupported,
///         business_rule (a narrative that the patch would leave behind the data).
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fhir-model/patch/fhirpath_patch.h"
#include "fhir-model/patch/json_patch.h"
#include "fhir-model/patch/xml_patch.h"
#include "server/interaction/act.h"
#include "server/interaction/write.h"

namespace varde::interaction {

/// What PATCH takes, as the CapabilityStatement and Accept-Patch (RFC 5789) name it.
inline constexpr std::array<std::string_view, 4> kPatchFormats{"application/json-patch+json", "application/fhir+json",
                                                               "application/fhir+xml", "application/xml-patch+xml"};

using Patch = std::variant<fhir::JsonPatch, fhir::FhirPathPatch, fhir::XmlPatch>;

/// The body, by its content type.
Result<Patch> read_patch(const Request& request);
/// Of a Bundle's entry: Parameters, or a Binary that holds a JSON Patch.
Result<Patch> read_patch(fhir::Element resource);

/// A resource after its patch, and the version it was made from.
struct Patched {
  std::int64_t from_version;
  fhir::Tree resource;
};
/// Obeys the base rules. A generated narrative that the patch does not bring is gone, since it may now be wrong.
Result<Patched> apply_patch(const Patch&, const View&, fhir::TypeId type, const std::string& id,
                            const Preconditions& preconditions);

/// `ready`: applied outside the writer; done again when the resource has changed since.
Result<Written> patch_in(Act&, const Patch&, fhir::TypeId type, const std::string& id,
                         const Preconditions& preconditions, std::optional<Patched> ready = {});

}  // namespace varde::interaction
