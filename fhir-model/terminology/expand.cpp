#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/terminology/selection.h"
#include "fhir-model/terminology/tables.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {
namespace {

using tables::row_of;
using tables::text;

tl::unexpected<Failure> not_listed(ValueSetId set, std::string_view why) {
  return fail(Fault::not_supported, fmt::format("The value set {} cannot be listed here: {}.", describe(set).url, why),
              "url");
}

/// The concepts that a part says are in; nothing when it cannot say which.
std::optional<std::vector<std::uint16_t>> concepts_in(const tables::PartRow& part) {
  const auto inside = tables::inside_of(part), outside = tables::outside_of(part);
  if (part.rest == tables::Rest::out) return std::vector(inside.begin(), inside.end());
  const auto& system = tables::kSystems[part.system];
  if (part.rest != tables::Rest::in || system.known != Known::all) return std::nullopt;
  std::vector<std::uint16_t> found;
  for (std::size_t i = 0; i < system.concept_count; ++i) {
    const auto number = static_cast<std::uint16_t>(system.first_concept + i);
    if (!std::binary_search(outside.begin(), outside.end(), number)) found.push_back(number);
  }
  return found;
}

}  // namespace

Result<Expansion> expand(ValueSetId set, const Wanted& wanted) {
  if (set == ValueSetId::none)
    return fail(Fault::not_found, "The value set is not known here, or not in that version.", "url");
  if (row_of(set).open) return not_listed(set, "it draws on a value set that is not known");
  Selection selection(wanted);
  for (const auto& part : tables::parts_of(set)) {
    const auto concepts = concepts_in(part);
    if (!concepts)
      return not_listed(
          set, fmt::format("it draws on {}, whose codes are {}", text(tables::kSystems[part.system].url),
                           tables::kSystems[part.system].known == Known::grammar ? "without number" : "not all known"));
    for (const auto number : *concepts) selection.add(describe(static_cast<ConceptId>(number)));
  }
  return selection.take();
}

}  // namespace varde::terminology
