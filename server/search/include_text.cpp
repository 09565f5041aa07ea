#include "server/search/include_text.h"

#include <algorithm>

#include "server/search/own_parameters.h"

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;

struct Way {
  bool reverse, iterates;
  const char* name;
};

void add(const Include& include, Query& query) {
  if (std::ranges::find(query.includes, include) == query.includes.end()) query.includes.push_back(include);
}

bool is_searched(TypeId type, const Query& query, const Asking& asking) {
  return type == query.type || std::ranges::find(asking.types, type) != asking.types.end();
}

/// `*`: every reference of the type; backwards, of those that may lead to what is searched.
Result<void> add_all(TypeId source, Way way, Query& query, const Asking& asking) {
  const auto references = references_of(source, asking);
  FHIR_TRY(references);
  for (const Parameter* parameter : *references) {
    const auto& targets = parameter->target_types;
    if (way.reverse && std::ranges::find(targets, query.type) == targets.end()) continue;
    add({source, parameter, way.reverse ? query.type : parameter->only, way.reverse, false}, query);
  }
  return {};
}

Result<void> take_star(std::string_view type, Way way, Query& query, const Asking& asking) {
  if (way.iterates)
    return fail(Fault::not_supported, "What is included again and again is named parameter by parameter, not by *.",
                way.name);
  if (type != "*") {
    const TypeId source = fhir::find_resource_type(type);
    if (source == TypeId::none || (!way.reverse && !is_searched(source, query, asking)))
      return fail(Fault::parameter_malformed,
                  std::string(way.name) + " is *, or [type]:* with a type" + (way.reverse ? "." : " that is searched."),
                  way.name);
    return add_all(source, way, query, asking);
  }
  if (!way.reverse) return add_all(query.type, way, query, asking);
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto source = static_cast<TypeId>(i); fhir::is_resource(source))
      FHIR_TRY(add_all(source, way, query, asking));
  return {};
}

Result<void> take(std::string_view text, Way way, Query& query, const Asking& asking) {
  if (text == "*") return take_star(text, way, query, asking);
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (first != std::string_view::npos && text.substr(first + 1) == "*")
    return take_star(text.substr(0, first), way, query, asking);
  Include include{fhir::find_resource_type(text.substr(0, first)), nullptr, TypeId::none, way.reverse, way.iterates};
  if (first != std::string_view::npos && include.source != TypeId::none) {
    const std::string_view code =
        text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
    const auto found = find_parameter(include.source, code, asking);
    FHIR_TRY(found);
    include.parameter = *found;
  }
  if (second != std::string_view::npos) include.target = fhir::find_resource_type(text.substr(second + 1));
  const bool target_wrong = second != std::string_view::npos && include.target == TypeId::none;
  const bool source_wrong = !way.reverse && !way.iterates && !is_searched(include.source, query, asking);
  if (!include.parameter || include.parameter->kind != SearchKind::reference || target_wrong || source_wrong)
    return fail(Fault::parameter_malformed,
                std::string(way.name) +
                    " is [type]:[reference parameter] or [type]:[reference parameter]:[target type]" +
                    (way.reverse || way.iterates ? "." : ", with the type that is searched."),
                way.name);
  if (include.target == TypeId::none) include.target = include.parameter->only;
  add(include, query);
  return {};
}

}  // namespace

Result<void> take_include(std::string_view text, Query& query, const Asking& asking) {
  return take(text, {false, false, "_include"}, query, asking);
}
Result<void> take_revinclude(std::string_view text, Query& query, const Asking& asking) {
  return take(text, {true, false, "_revinclude"}, query, asking);
}
Result<void> take_include_iterated(std::string_view text, Query& query, const Asking& asking) {
  return take(text, {false, true, "_include:iterate"}, query, asking);
}
Result<void> take_revinclude_iterated(std::string_view text, Query& query, const Asking& asking) {
  return take(text, {true, true, "_revinclude:iterate"}, query, asking);
}

}  // namespace varde::search
