#include "tests/fhirpath/support/answer.h"

#include <stdexcept>

#include "fhir-model/json/json.h"

namespace varde::fhirpath {

std::string answer(std::string_view expression, fhir::Element context, const Environment& environment) {
  const auto result = compile(expression).and_then([&](const Expression& compiled) {
    return evaluate(compiled, context, environment);
  });
  if (!result) return "fault: " + result.error().diagnostics;
  std::string out;
  for (const Item& item : *result) {
    if (!out.empty()) out += ", ";
    out += item.text() ? *item.text() : item.element() ? item.element().path() : std::string(item.type_info().name);
  }
  return result->empty() ? "{}" : out;
}

fhir::Tree tree_of(std::string_view json) {
  auto tree = fhir::parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics + " " + tree.error().expression);
  return std::move(*tree);
}

}  // namespace varde::fhirpath
