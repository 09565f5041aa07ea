#pragma once
/// @file fhir-model/fhirpath/path.h
/// FHIRPath that selects elements, as search parameters do: any expression of fhirpath.h whose result is elements, or a
/// Boolean that a token parameter can index. Selecting allocates nothing but what is selected.
/// R4's own parameters write `as` where several items may come; here it filters, as they mean it.
/// Source: https://hl7.org/fhir/R4/fhirpath.html, https://hl7.org/fhir/R4/searchparameter-registry.html
/// Faults: parameter_malformed (not FHIRPath), not_supported (an element R4 does not have, or a result that is neither
///         elements nor a Boolean). Pure; a compiled Path is safe from any thread.
#include <optional>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fhirpath/fhirpath.h"

namespace varde::fhir {

class Path {
 public:
  static Result<Path> compile(std::string_view expression);

  /// Appends every element the expression selects, in document order per alternative of a union.
  /// A boolean expression selects nothing: ask test(). What the data does not allow selects nothing.
  void select(Element context, std::vector<Element>& out) const;

  /// True for expressions that compute a value in place of selecting elements, such as Patient's `deceased`:
  /// "Patient.deceased.exists() and Patient.deceased != false".
  bool is_boolean() const { return is_boolean_; }
  /// The value of a boolean expression; of any other, whether it selects something.
  /// Empty when FHIRPath's result is empty, as for a comparison with an absent element.
  std::optional<bool> test(Element context) const;

 private:
  Path(fhirpath::Expression expression, bool is_boolean);

  fhirpath::Expression expression_;
  std::vector<const fhirpath::Node*> alternatives_;  ///< of the outermost union; inside expression_
  bool is_boolean_;
};

}  // namespace varde::fhir
