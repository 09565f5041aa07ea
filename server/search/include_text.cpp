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

/// The codes of a type's references, for people.
Result<std::string> names_of_references(TypeId type, const Asking& asking) {
  const auto references = references_of(type, asking);
  FHIR_TRY(references);
  std::string out;
  for (const Parameter* parameter : *references) out.append(out.empty() ? "" : ", ").append(parameter->code);
  return out;
}

/// What is wrong with an include that was read so far.
Result<void> check(const Include& include, std::string_view form, bool target_said, Way way, const Query& query,
                   const Asking& asking) {
  const auto malformed = [&](std::string text) { return fail(Fault::parameter_malformed, std::move(text), way.name); };
  if (include.source == TypeId::none || form.find(':') == std::string_view::npos)
    return malformed(std::string(way.name) +
                     " is [type]:[reference parameter] or [type]:[reference parameter]:[target type].");
  const std::string source(fhir::row_of(include.source).name);
  if (!include.parameter || include.parameter->kind != SearchKind::reference) {
    const auto names = names_of_references(include.source, asking);
    FHIR_TRY(names);
    return malformed("That is no reference of " + source + "; these are: " + *names + ".");
  }
  if (!way.reverse && !way.iterates && !is_searched(include.source, query, asking))
    return malformed("_include follows references of the type that is searched, which is not " + source +
                     "; what was included is followed by _include:iterate.");
  const auto& targets = include.parameter->target_types;
  const auto leads_to = [&](TypeId type) { return std::ranges::find(targets, type) != targets.end(); };
  if (target_said && !leads_to(include.target))
    return malformed("What stands behind the second colon is a type that " + std::string(include.parameter->code) +
                     " of " + source + " leads to" +
                     (include.parameter->targets.empty() ? "." : ": " + std::string(include.parameter->targets) + "."));
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
  FHIR_TRY(check(include, text, second != std::string_view::npos, way, query, asking));
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
