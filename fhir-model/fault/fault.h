#pragma once
/// @file fhir-model/fault/fault.h
/// What can go wrong because of what somebody sent, as values; and the one table that says how each
/// looks from outside: OperationOutcome issue type, HTTP status, AppRec error code.
/// Sources: https://hl7.org/fhir/R4/valueset-issue-type.html, https://hl7.org/fhir/R4/http.html,
///          code list 8221 (AppRec error codes), HIS 80415:2012.
/// What only we can cause (a broken invariant, a full disk) throws instead.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "fhir-model/fault/severity.h"

namespace varde {

enum class Fault {
  // the bytes
  not_well_formed,
  encoding_invalid,
  duplicate_key,
  too_deep,
  too_large,
  content_type_unsupported,
  not_acceptable,
  // the resource
  element_unknown,
  value_malformed,
  required_missing,
  cardinality,
  code_invalid,
  business_rule,
  invariant,
  type_unknown,
  // the interaction
  not_found,
  gone,
  version_conflict,
  version_malformed,
  id_mismatch,
  id_malformed,
  duplicate_resource,
  resource_conflict,
  reference_unresolved,
  patch_malformed,
  patch_not_applicable,
  patch_test_failed,
  parameter_unknown,
  parameter_malformed,
  not_supported,
  method_not_allowed,
  too_costly,
  unauthenticated,
  forbidden,
  misdirected,
  too_many_requests,
  busy,
  storage_unavailable,
  storage_full,
  internal,
  // the message
  schema_invalid,
  format_unsupported,
  message_id_malformed,
  message_duplicate,
  message_unsupported,
  misaddressed,
  patient_unidentified,
  patient_unknown,
  attachment_unsupported,
  signature_invalid,
  patient_identifier_invalid,
};

struct FaultRow {
  Fault fault;
  std::string_view name;        ///< our own stable name, sent as OperationOutcome.issue.details.coding.code
  std::string_view issue_type;  ///< http://hl7.org/fhir/issue-type
  int http_status;
  std::string_view apprec;  ///< code of list 8221 (OID 2.16.578.1.12.4.1.1.8221)
};

// clang-format off
inline constexpr std::array kFaults{
    //       Fault                            name                        issue type        HTTP  AppRec
    FaultRow{Fault::not_well_formed,          "not-well-formed",          "structure",      400,  "T01"},
    FaultRow{Fault::encoding_invalid,         "encoding-invalid",         "structure",      400,  "T01"},
    FaultRow{Fault::duplicate_key,            "duplicate-key",            "structure",      400,  "T01"},
    FaultRow{Fault::too_deep,                 "too-deep",                 "too-long",       400,  "T01"},
    FaultRow{Fault::too_large,                "too-large",                "too-long",       413,  "X99"},
    FaultRow{Fault::content_type_unsupported, "content-type-unsupported", "not-supported",  415,  "T10"},
    FaultRow{Fault::not_acceptable,           "not-acceptable",           "not-supported",  406,  "X99"},
    FaultRow{Fault::element_unknown,          "element-unknown",          "structure",      400,  "T02"},
    FaultRow{Fault::value_malformed,          "value-malformed",          "value",          400,  "T02"},
    FaultRow{Fault::required_missing,         "required-missing",         "required",       400,  "T02"},
    FaultRow{Fault::cardinality,              "cardinality",              "structure",      400,  "T02"},
    FaultRow{Fault::code_invalid,             "code-invalid",             "code-invalid",   400,  "T02"},
    FaultRow{Fault::business_rule,            "business-rule",            "business-rule",  422,  "X99"},
    FaultRow{Fault::invariant,                "invariant",                "invariant",      422,  "T02"},
    FaultRow{Fault::type_unknown,             "type-unknown",             "not-supported",  404,  "X99"},
    FaultRow{Fault::not_found,                "not-found",                "not-found",      404,  "X99"},
    FaultRow{Fault::gone,                     "gone",                     "deleted",        410,  "X99"},
    FaultRow{Fault::version_conflict,         "version-conflict",         "conflict",       412,  "X99"},
    FaultRow{Fault::version_malformed,        "version-malformed",        "value",          400,  "X99"},
    FaultRow{Fault::id_mismatch,              "id-mismatch",              "value",          400,  "X99"},
    FaultRow{Fault::id_malformed,             "id-malformed",             "value",          400,  "X99"},
    FaultRow{Fault::duplicate_resource,       "duplicate-resource",       "duplicate",      412,  "X99"},
    FaultRow{Fault::resource_conflict,        "resource-conflict",        "conflict",       409,  "X99"},
    FaultRow{Fault::reference_unresolved,     "reference-unresolved",     "not-found",      422,  "X99"},
    FaultRow{Fault::patch_malformed,          "patch-malformed",          "invalid",        400,  "X99"},
    FaultRow{Fault::patch_not_applicable,     "patch-not-applicable",     "processing",     422,  "X99"},
    FaultRow{Fault::patch_test_failed,        "patch-test-failed",        "conflict",       422,  "X99"},
    FaultRow{Fault::parameter_unknown,        "parameter-unknown",        "not-supported",  400,  "X99"},
    FaultRow{Fault::parameter_malformed,      "parameter-malformed",      "value",          400,  "X99"},
    FaultRow{Fault::not_supported,            "not-supported",            "not-supported",  400,  "X99"},
    FaultRow{Fault::method_not_allowed,       "method-not-allowed",       "not-supported",  405,  "X99"},
    FaultRow{Fault::too_costly,               "too-costly",               "too-costly",     422,  "X99"},
    FaultRow{Fault::unauthenticated,          "unauthenticated",          "login",          401,  "X99"},
    FaultRow{Fault::forbidden,                "forbidden",                "forbidden",      403,  "X99"},
    FaultRow{Fault::misdirected,              "misdirected",              "security",       421,  "X99"},
    FaultRow{Fault::too_many_requests,        "too-many-requests",        "throttled",      429,  "X99"},
    FaultRow{Fault::busy,                     "busy",                     "throttled",      503,  "X99"},
    FaultRow{Fault::storage_unavailable,      "storage-unavailable",      "no-store",       503,  "X99"},
    FaultRow{Fault::storage_full,             "storage-full",             "no-store",       507,  "X99"},
    FaultRow{Fault::internal,                 "internal",                 "exception",      500,  "X99"},
    FaultRow{Fault::schema_invalid,           "schema-invalid",           "invalid",        400,  "T02"},
    FaultRow{Fault::format_unsupported,       "format-unsupported",       "not-supported",  415,  "T10"},
    FaultRow{Fault::message_id_malformed,     "message-id-malformed",     "value",          400,  "E10"},
    FaultRow{Fault::message_duplicate,        "message-duplicate",        "duplicate",      409,  ""},
    FaultRow{Fault::message_unsupported,      "message-unsupported",      "not-supported",  422,  "T10"},
    FaultRow{Fault::misaddressed,             "misaddressed",             "not-found",      422,  ""},
    FaultRow{Fault::patient_unidentified,     "patient-unidentified",     "required",       422,  "E36"},
    FaultRow{Fault::patient_unknown,          "patient-unknown",          "not-found",      422,  "E35"},
    FaultRow{Fault::attachment_unsupported,   "attachment-unsupported",   "not-supported",  422,  "X99"},
    FaultRow{Fault::signature_invalid,        "signature-invalid",        "security",       400,  "S01"},
    FaultRow{Fault::patient_identifier_invalid, "patient-identifier-invalid", "value",      422,  "E31"},
};
// clang-format on

constexpr bool in_enum_order(const auto& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].fault) != i) return false;
  return true;
}
static_assert(in_enum_order(kFaults), "one row per Fault, in order");

constexpr const FaultRow& row_of(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

/// Where in the text that was sent; both count from 1, columns in characters. {0, 0} where that is not known.
struct Place {
  std::uint32_t line = 0, column = 0;
  explicit operator bool() const { return line > 0; }
  bool operator==(const Place&) const = default;
};

/// One thing that is wrong, said so that the sender can mend it.
/// Never holds patient data: names of elements, positions and rules, not the values found there
/// (a value may be quoted only where it cannot identify anybody, such as a code or a unit).
struct Failure {
  Fault fault;
  std::string diagnostics;         ///< an English sentence: what is wrong and what would be right
  std::string expression = {};     ///< FHIRPath with indexes, or an XPath for messages; empty when about the whole
  std::vector<Failure> also = {};  ///< further failures found in the same input
  Place place = {};                ///< where it stands in the input
  /// The rule that is broken: "http://hl7.org/fhir/StructureDefinition/Observation#obs-6"; empty when no single one.
  std::string source = {};
  Severity severity = Severity::error;
};

template <class T>
using Result = tl::expected<T, Failure>;

/// What went wrong in one tl::expected, a Result above all, for the caller's of another type.
template <class Failed>
auto hand_on(Failed& failed) {
  return tl::unexpected<std::remove_cvref_t<decltype(failed.error())>>(std::move(failed.error()));
}

inline tl::unexpected<Failure> fail(Fault fault, std::string diagnostics, std::string expression = {}) {
  return tl::unexpected<Failure>(Failure{fault, std::move(diagnostics), std::move(expression), {}});
}

}  // namespace varde

/// Hands a failure on: `FHIR_TRY(expression);` returns from the function when that Result is none. Of a Result by name,
/// `auto tree = parse(text); FHIR_TRY(tree);`, the value is there afterwards.
#define FHIR_TRY(...)                                                                        \
  do {                                                                                       \
    if (auto&& fhir_tried = (__VA_ARGS__); !fhir_tried) return ::varde::hand_on(fhir_tried); \
  } while (false)
