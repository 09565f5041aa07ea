#pragma once
/// @file server/operation/input.h
/// The parameters of an operation, however they came: in the URL, or as a Parameters resource in JSON or XML.
/// Source: https://hl7.org/fhir/R4/operations.html#request
/// Faults: parameter_unknown, parameter_malformed, required_missing; never the value in the diagnostics;
///         content_type_unsupported, and those of the codecs.
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/followup/instant.h"
#include "server/interaction/act.h"
#include "server/interaction/request.h"
#include "server/storage/storage.h"

namespace varde::operation {

class Input {
 public:
  /// Refuses any name that is not in `known` (and not one of _format, _pretty).
  static Result<Input> read(const interaction::Request&, std::initializer_list<std::string_view> known);

  /// All values of that name as text: a Coding is "system|code", a Reference its literal, a Period "start/end".
  std::vector<std::string> all(std::string_view name) const;
  std::optional<std::string> one(std::string_view name) const;
  /// The parameter elements of that name in a posted Parameters resource.
  std::vector<fhir::Element> elements(std::string_view name) const;

  /// false when it was left out.
  Result<bool> flag(std::string_view name) const;
  Result<std::size_t> count(std::string_view name, std::size_t otherwise, std::size_t most) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::shared_ptr<const fhir::Tree> body_;  ///< the Parameters resource, when there is one
};

struct Subject {
  storage::PatientKey key = storage::PatientKey::none;
  std::string id;
};
/// From patient, subject, patient.identifier or subject.identifier, whichever is given: repeated, or separated by
/// commas. An unknown patient has key none.
Result<std::vector<Subject>> subjects_of(const Input&, const interaction::View&);
/// The same where one patient is asked about.
Result<Subject> subject_of(const Input&, const interaction::View&);

struct Span {
  storage::Instant from, to;  ///< half-open
};
/// "2026-01-01/2026-02-01"; a date as the end includes that day, of the zone.
Result<Span> parse_period(std::string_view text, const time::Zone& zone);
Result<storage::Instant> end_of(std::string_view date_time, const time::Zone& zone);  ///< the first moment after it

}  // namespace varde::operation
