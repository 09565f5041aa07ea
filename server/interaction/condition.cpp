#include "server/interaction/condition.h"
#include "server/interaction/asking.h"

#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/search/find.h"

namespace varde::interaction {

std::string_view criteria_text(fhir::TypeId type, std::string_view text) {
  const std::string_view name = fhir::row_of(type).name;
  if (text.starts_with(name) && text.substr(name.size()).starts_with('?')) text.remove_prefix(name.size());
  if (text.starts_with('?')) text.remove_prefix(1);
  return text;
}

Result<Parameters> parse_condition(fhir::TypeId type, std::string_view text) {
  text = criteria_text(type, text);
  if (text.find('?') < text.find('='))
    return fail(Fault::parameter_malformed,
                "The condition is a search of the type that is written: [parameter]=[value], or " +
                    std::string(fhir::row_of(type).name) + "?[parameter]=[value].");
  auto criteria = parse_form(text);
  if (!criteria) return fail(Fault::parameter_malformed, "The condition is not well percent-encoded.");
  return std::move(*criteria);
}

Result<std::vector<std::string>> find_all(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                          const View& view, std::size_t most) {
  Terms terms(view, base);
  auto query = search::parse_query(type, criteria, {},
                                   {.snapshot = view,
                                    .base = base,
                                    .now = view.now(),
                                    .concepts = &terms,
                                    .restriction = view.restriction(),
                                    .own = own_of(view)});
  FHIR_TRY(query);
  if (query->criteria.size() == query->forced)
    return fail(Fault::parameter_malformed, "A condition needs at least one search parameter.");
  auto ids = search::find_ids(*query, view, most + 1);
  FHIR_TRY(ids);
  if (ids->size() > most)
    return fail(Fault::version_conflict,
                "More than " + (most == 1 ? std::string("one ") : std::to_string(most) + " of ") +
                    std::string(fhir::row_of(type).name) + " matches the condition; make it more exact.");
  return ids;
}

Result<void> refuse_taken_id(fhir::TypeId type, std::string_view id, const View& view) {
  if (id.empty() || !view.current(type, id)) return {};
  const std::string name(fhir::row_of(type).name);
  return fail(
      Fault::resource_conflict,
      "There is a " + name +
          " with the id that was sent, and it does not meet the condition. Leave the id out, or update it by its "
          "own address.",
      name + ".id");
}

Result<std::optional<std::string>> find_one(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                            const View& view) {
  auto ids = find_all(type, criteria, base, view, 1);
  FHIR_TRY(ids);
  return ids->empty() ? std::nullopt : std::optional(std::move(ids->front()));
}

Result<std::optional<std::string>> find_one(fhir::TypeId type, std::string_view criteria, std::string_view base,
                                            const View& view) {
  const auto parameters = parse_condition(type, criteria);
  FHIR_TRY(parameters);
  return find_one(type, *parameters, base, view);
}

}  // namespace varde::interaction
