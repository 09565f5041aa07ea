#pragma once
/// @file server/operation/asked_terms.h
/// What the terminology operations share: value sets and code systems by URL, by id or as a parameter; codes asked
/// about; a Parameters resource as the answer.
/// Source: https://hl7.org/fhir/R4/terminology-service.html
/// Faults: not_found, required_missing, parameter_malformed.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/terminology/codes.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/interaction/terms.h"
#include "server/operation/input.h"

namespace varde::operation {

using interaction::Terms;

/// One that R4 defines, or a resource.
struct AskedSet {
  terminology::ValueSetId known = terminology::ValueSetId::none;
  fhir::Element written = {};
};
struct AskedSystem {
  terminology::SystemId known = terminology::SystemId::none;
  fhir::Element written = {};
  std::string_view url() const;
  terminology::Codes codes() const;
};
/// By the request's id, or the parameters url (and valueSetVersion) or valueSet.
Result<AskedSet> asked_set(const interaction::Request& request, const Input& input, Terms& terms);
/// By the request's id, the parameter codeSystem, or `url` (with the parameter version).
Result<AskedSystem> asked_system(const interaction::Request& request, const Input& input, std::string_view url,
                                 Terms& terms);

struct Coded {
  std::string system, version, code, display;
};
/// From code (with system, display), coding or codeableConcept; at least one.
Result<std::vector<Coded>> asked_codes(const Input& input);

/// A Parameters resource in the making.
class Answer {
 public:
  Answer() : tree_(fhir::Tree::of("Parameters")) {}
  /// `value`: the element's name, "valueString". Left out when the text is empty.
  void add(std::string_view name, std::string_view value, std::string_view text);
  /// property with the parts code and value
  void add_property(std::string_view code, std::string_view value, std::string_view text);
  fhir::Editor add(std::string_view name);
  interaction::Response response() const;

 private:
  fhir::Tree tree_;
};

}  // namespace varde::operation
