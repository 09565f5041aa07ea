#pragma once
/// @file norway/identifiers.h
/// The national systems of identifiers: of persons, of health personnel, of organisations and of communication parties,
/// as FHIR names them (`urn:oid:...`) and as the messages do (a code of a list of Volven).
/// Sources: HIS 1001:2010; code lists 8116 (persons) and 9051 (organisations); no-basis profiles.
#include <algorithm>
#include <array>
#include <string_view>

#include "norway/code_lists.h"

namespace varde::norway {

// clang-format off
inline constexpr std::string_view kFnr       = "urn:oid:2.16.578.1.12.4.1.4.1";
inline constexpr std::string_view kDnr       = "urn:oid:2.16.578.1.12.4.1.4.2";
inline constexpr std::string_view kFhn       = "urn:oid:2.16.578.1.12.4.1.4.3";
inline constexpr std::string_view kHpr       = "urn:oid:2.16.578.1.12.4.1.4.4";
inline constexpr std::string_view kDuf       = "urn:oid:2.16.578.1.12.4.1.4.5";
inline constexpr std::string_view kOrgNumber = "urn:oid:2.16.578.1.12.4.1.4.101";
inline constexpr std::string_view kReshId    = "urn:oid:2.16.578.1.12.4.1.4.102";
inline constexpr std::string_view kHerId     = "urn:oid:2.16.578.1.12.4.1.2";

struct IdentifierKind {
  std::string_view code, list, system, display;
};
inline constexpr std::array kIdentifierKinds{
    //             code   list                                   system      display
    IdentifierKind{"FNR", code_list::kPersonIds.number(),       kFnr,       "Fødselsnummer"},
    IdentifierKind{"DNR", code_list::kPersonIds.number(),       kDnr,       "D-nummer"},
    IdentifierKind{"FHN", code_list::kPersonIds.number(),       kFhn,       "Felles hjelpenummer"},
    IdentifierKind{"HPR", code_list::kPersonIds.number(),       kHpr,       "HPR-nummer"},
    IdentifierKind{"DUF", code_list::kPersonIds.number(),       kDuf,       "DUF-nummer"},
    IdentifierKind{"ENH", code_list::kOrganisationIds.number(), kOrgNumber, "Organisasjonsnummeret i Enhetsregister"},
    IdentifierKind{"RSH", code_list::kOrganisationIds.number(), kReshId,    "RESH-ID"},
    IdentifierKind{"HER", code_list::kOrganisationIds.number(), kHerId,     "HER-id"},
};
/// Each number of these systems is one person's.
inline constexpr std::array kPersonNumbers{kFnr, kDnr, kFhn, kDuf};
// clang-format on

constexpr bool is_person_number(std::string_view system) {
  return std::find(kPersonNumbers.begin(), kPersonNumbers.end(), system) != kPersonNumbers.end();
}
/// By its code in list 8116 or 9051; nullptr: none of these.
constexpr const IdentifierKind* identifier_kind(std::string_view code) {
  const auto found = std::ranges::find(kIdentifierKinds, code, &IdentifierKind::code);
  return found == kIdentifierKinds.end() ? nullptr : &*found;
}
/// By its system; nullptr: none of these.
constexpr const IdentifierKind* identifier_kind_of_system(std::string_view system) {
  const auto found = std::ranges::find(kIdentifierKinds, system, &IdentifierKind::system);
  return found == kIdentifierKinds.end() ? nullptr : &*found;
}

}  // namespace varde::norway
