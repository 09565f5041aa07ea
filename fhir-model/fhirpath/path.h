#pragma once
/// @file fhir-model/fhirpath/path.h
/// The part of FHIRPath that R4 search parameters use: steps, unions, `as`, `.as()`, `.ofType()`, `[0]`, `.first()`,
/// `.extension('url')`, `.where(...)` with comparisons, `exists()`, `empty()`, `not()`, `resolve() is T`, `and`, `or`.
/// Compiled once against the definitions, run on element trees without allocating.
/// Source: https://hl7.org/fhir/R4/fhirpath.html, https://hl7.org/fhirpath/N1/
/// Faults: parameter_malformed (not FHIRPath), not_supported (outside that part, or an element R4 does not have).
///         Pure; a compiled Path is safe from any thread.
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

class Path {
 public:
  static Result<Path> compile(std::string_view expression);
  Path(Path&&) noexcept;
  Path& operator=(Path&&) noexcept;
  ~Path();

  /// Appends every element the expression selects, in document order per alternative.
  /// A boolean expression selects nothing: ask test().
  void select(Element context, std::vector<Element>& out) const;

  /// True for expressions that compute a value in place of selecting elements, such as Patient's `deceased`:
  /// "Patient.deceased.exists() and Patient.deceased != false".
  bool is_boolean() const;
  /// The value of a boolean expression; of any other, whether it selects something.
  /// Empty when FHIRPath's result is empty, as for a comparison with an absent element.
  std::optional<bool> test(Element context) const;

 private:
  struct Program;
  explicit Path(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

}  // namespace varde::fhir
