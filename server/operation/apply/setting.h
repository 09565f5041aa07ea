#pragma once
/// @file server/operation/apply/setting.h
/// To whom and in what surroundings a definition is applied, and what its expressions may ask for.
/// Source: https://hl7.org/fhir/R4/operation-plandefinition-apply.html (subject, encounter, practitioner …)
/// Faults: required_missing, parameter_malformed, not_supported (several subjects), reference_unresolved (what is not
///         here), business_rule.
/// Lives as long as one request; one thread.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/fhirpath/fhirpath.h"
#include "server/interaction/act.h"
#include "server/interaction/request.h"
#include "server/interaction/terms.h"
#include "server/operation/input.h"

namespace varde::operation::apply {

using fhir::Element;

class Setting {
 public:
  Setting(const interaction::View& view, const interaction::Request& request)
      : view_(view), base_(request.base), budget_(request.budget), terms_(view, request.base) {}
  Setting(const Setting&) = delete;

  Result<void> read(const Input& input);
  /// Makes a stored resource known to expressions as %name.
  Result<void> bind(const std::string& name, std::string_view reference);

  /// "Patient/1"; empty where none was given.
  std::string subject() const { return reference_of("subject"); }
  std::string encounter() const { return reference_of("encounter"); }
  std::string practitioner() const { return reference_of("practitioner"); }
  std::string organization() const { return reference_of("organization"); }
  /// Who is to be named as the one who asks.
  std::string author() const { return practitioner().empty() ? organization() : practitioner(); }
  fhir::TypeId subject_type() const;

  const interaction::View& view() const { return view_; }
  Budget* budget() const { return budget_.get(); }
  std::string now() const;  ///< as an instant

  /// The definition that a canonical (or a literal reference of ours) names; `holder` may contain it as #id.
  Result<Element> definition(std::string_view canonical, Element holder);

  /// What an expression gives of the subject, with %subject, %patient, %encounter, %practitioner, %organization,
  /// %definition (where the expression stands) and what else the request brought. `place`: for the diagnostics.
  Result<fhirpath::Collection> evaluate(std::string_view expression, Element definition, const std::string& place);
  /// The same of an Expression: text/fhirpath is spoken here.
  Result<fhirpath::Collection> evaluate(Element expression, Element definition);

 private:
  std::string reference_of(std::string_view name) const;
  Result<void> take(std::string_view name, const std::string& text);
  const fhirpath::Environment& environment();
  Element resolve(std::string_view reference);

  const interaction::View& view_;
  const std::string& base_;
  std::shared_ptr<Budget> budget_;
  interaction::Terms terms_;
  std::map<std::string, std::string, std::less<>> references_;                 ///< by parameter
  std::map<std::string, std::unique_ptr<fhir::Tree>, std::less<>> resources_;  ///< by reference or canonical
  std::vector<std::pair<std::string, fhirpath::Collection>> variables_;
  std::optional<fhir::Tree> surroundings_;  ///< the Parameters that variables point into
  std::optional<fhirpath::Environment> environment_;
};

}  // namespace varde::operation::apply
