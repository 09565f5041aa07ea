#pragma once
/// @file norway/code_lists.h
/// The code lists of Volven that more than one room or file asks for, each once. A list that one row of one table needs
/// is named by its number there.
/// Source: https://volven.no; codes are kept as sent, whether the list has them or not.
#include <string>
#include <string_view>

namespace varde::norway {

inline constexpr std::string_view kVolven = "2.16.578.1.12.4.1.1.";  ///< every list: kVolven + its number

struct CodeList {
  std::string_view system;  ///< as FHIR names it where it has no URL of its own
  constexpr std::string_view oid() const { return system.substr(system.find_last_of(':') + 1); }
  constexpr std::string_view number() const { return system.substr(system.find_last_of('.') + 1); }
};

/// A list of Volven by its number: its OID, as messages name it.
inline std::string oid_of_list(std::string_view number) { return std::string(kVolven) + std::string(number); }

namespace code_list {
// clang-format off
inline constexpr CodeList kIcd10          {"urn:oid:2.16.578.1.12.4.1.1.7110"};
inline constexpr CodeList kIcpc2          {"urn:oid:2.16.578.1.12.4.1.1.7170"};
inline constexpr CodeList kAtc            {"urn:oid:2.16.578.1.12.4.1.1.7180"};
inline constexpr CodeList kNpu           {"urn:oid:2.16.578.1.12.4.1.1.7280"};  ///< and the Norwegian laboratory codes (NLK)
inline constexpr CodeList kMessageStatus  {"urn:oid:2.16.578.1.12.4.1.1.7309"};  ///< new, change, cancellation
inline constexpr CodeList kPersonIds      {"urn:oid:2.16.578.1.12.4.1.1.8116"};
inline constexpr CodeList kAppRecErrors   {"urn:oid:2.16.578.1.12.4.1.1.8221"};
inline constexpr CodeList kAppRecStatus   {"urn:oid:2.16.578.1.12.4.1.1.8258"};
inline constexpr CodeList kMessageTypes   {"urn:oid:2.16.578.1.12.4.1.1.8279"};
inline constexpr CodeList kCountries      {"urn:oid:2.16.578.1.12.4.1.1.9043"};
inline constexpr CodeList kOrganisationIds{"urn:oid:2.16.578.1.12.4.1.1.9051"};
inline constexpr CodeList kTelecom        {"urn:oid:2.16.578.1.12.4.1.1.9061"};
inline constexpr CodeList kHospitalEvents {"urn:oid:2.16.578.1.12.4.1.1.9121"};
inline constexpr CodeList kToPhysician    {"urn:oid:2.16.578.1.12.4.1.1.9137"};  ///< what HELSEOPPLYSNINGER_LEGE is for
inline constexpr CodeList kContent        {"urn:oid:2.16.578.1.12.4.1.1.9140"};  ///< what HELSEOPPL_SOKNAD holds
// clang-format on
}  // namespace code_list

}  // namespace varde::norway
