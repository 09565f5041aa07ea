#include "server/search/group.h"

#include <algorithm>

#include "server/search/stated.h"

namespace varde::search {
namespace {

bool holds_stated(const Criterion& criterion) {
  return criterion.stated || std::ranges::any_of(criterion.parts, holds_stated);
}

}  // namespace

std::optional<Criterion> settled(Criterion group, fhir::TypeId type, const Asking& asking) {
  if (group.stated || !group.is_group()) return group;
  if (asking.lists && asking.past) return group;  // of another moment than what the engine would tell
  auto condition = condition_of(group, saying_of(type, asking.snapshot));
  const bool only_stated = holds_stated(group);
  if (only_stated && !condition) return std::nullopt;
  if (!condition || (!only_stated && !storage::is_set(*condition))) return group;
  Criterion out;
  out.stated = std::make_shared<const storage::Condition>(std::move(*condition));
  return out;
}

std::optional<Criterion> settled(Criterion::Of of, std::vector<Criterion> parts, fhir::TypeId type,
                                 const Asking& asking) {
  Criterion group;
  group.of = of, group.parts = std::move(parts);
  return settled(std::move(group), type, asking);
}

}  // namespace varde::search
