#include "fhir-model/profile/context.h"

#include <fmt/format.h>

#include <algorithm>

namespace varde::fhir::profile {
namespace {

constexpr std::string_view kAnywhere = "Element";  // R4's own extensions mean resources too

/// Whether `path`, such as "Patient.contact" or "HumanName.family", leads to the element: from a resource, or from any
/// type around the element.
bool leads_to(Element at, std::string_view path) {
  std::string rest;
  for (Element from = at; from; from = from.parent()) {
    for (TypeId type = from.type(); type != TypeId::none; type = row_of(type).base)
      if (path.starts_with(row_of(type).name) && path.substr(row_of(type).name.size()) == rest) return true;
    const ElementRow* row = from.definition();
    if (!row) break;
    rest = row->choice.empty() ? fmt::format(".{}{}", row->name, rest) : fmt::format(".{}[x]{}", row->choice, rest);
  }
  return false;
}

bool is_selected(Element at, const std::string& text, const fhirpath::Environment& environment) {
  const auto expression = fhirpath::compile(text);
  if (!expression) return true;  // what cannot be told is no violation
  Element resource = at;
  while (resource && !is_resource(resource.type())) resource = resource.parent();
  const auto found = fhirpath::evaluate(*expression, resource, environment);
  if (!found) return true;
  return std::ranges::any_of(*found, [&](const fhirpath::Item& item) { return item.element() == at; });
}

bool stands_in(Element at, const Context& context, const fhirpath::Environment& environment) {
  switch (context.kind) {
    case Context::Kind::element: return context.expression == kAnywhere || leads_to(at, context.expression);
    case Context::Kind::extension:
      return at.type_name() == "Extension" && std::string_view(context.expression).starts_with(at["url"].value());
    case Context::Kind::fhirpath: return is_selected(at, context.expression, environment);
  }
  return true;
}

}  // namespace

std::string misplaced(Element extension, const Profile& definition, const fhirpath::Environment& environment) {
  const Element at = extension.parent();
  const auto stands = [&](const Context& context) { return stands_in(at, context, environment); };
  if (!definition.contexts.empty() && std::ranges::none_of(definition.contexts, stands)) {
    std::string where;
    for (const Context& context : definition.contexts)
      where.append(where.empty() ? "" : ", ").append(context.expression);
    return fmt::format("The extension {} stands on: {}.", definition.url, where);
  }
  fhirpath::Environment with_extension = environment;
  with_extension.variables.emplace_back("extension", fhirpath::Collection{extension});
  for (const fhirpath::Expression& invariant : definition.context_invariants) {
    const auto holds = fhirpath::test(invariant, at, with_extension);
    if (holds && *holds == false)
      return fmt::format("The place of the extension {} does not meet the rule of its definition.", definition.url);
  }
  return {};
}

}  // namespace varde::fhir::profile
