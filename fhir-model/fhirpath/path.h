#pragma once
/// @file fhir-model/fhirpath/path.h
/// The part of FHIRPath that R4 search parameters use: steps, unions, `as`, `.as()`, `.ofType()`, `.where(resolve() is T)`,
/// `.where(name = 'x')`, `.exists()`, `.extension('url')`. Compiled once, run on element trees.
/// Source: https://hl7.org/fhir/R4/fhirpath.html, https://hl7.org/fhirpath/N1/
/// Faults: not_supported (an expression outside that part). Pure; a compiled Path is safe from any thread.
#include <memory>
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
  void select(Element context, std::vector<Element>& out) const;

 private:
  struct Program;
  explicit Path(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

}  // namespace varde::fhir
