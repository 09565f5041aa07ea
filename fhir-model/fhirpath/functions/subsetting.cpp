/// https://hl7.org/fhirpath/N1/#subsetting, #combining
#include <algorithm>
#include <iterator>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"

namespace varde::fhirpath::functions {
namespace {

Collection slice(Collection items, std::size_t from, std::size_t to) {
  const auto at = [&](std::size_t i) { return items.begin() + static_cast<std::ptrdiff_t>(std::min(i, items.size())); };
  items.erase(at(to), items.end());
  items.erase(items.begin(), at(std::min(from, to)));
  return items;
}

std::size_t not_negative(std::optional<std::int32_t> count) {
  return static_cast<std::size_t>(std::max(0, count.value_or(0)));
}

/// Items of the focus that are, or are not, in the argument.
Collection kept(Call& call, bool when_there) {
  const Collection other = call.argument(0);
  ItemSet set(call.run, call.node);
  for (const Item& item : other) set.insert(item);
  std::erase_if(call.focus, [&](const Item& item) { return set.contains(item) != when_there; });
  return std::move(call.focus);
}

}  // namespace

Collection single(Call& call) {
  call.only();
  return std::move(call.focus);
}
Collection last(Call& call) {
  const std::size_t size = call.focus.size();
  return slice(std::move(call.focus), size > 0 ? size - 1 : 0, size);
}
Collection tail(Call& call) { return slice(std::move(call.focus), 1, SIZE_MAX); }
Collection skip(Call& call) { return slice(std::move(call.focus), not_negative(call.integer(0)), SIZE_MAX); }
Collection take(Call& call) { return slice(std::move(call.focus), 0, not_negative(call.integer(0))); }

Collection intersect(Call& call) { return fhirpath::distinct(call.run, call.node, kept(call, true)); }
Collection exclude(Call& call) { return kept(call, false); }

Collection combine(Call& call) {
  Collection other = call.argument(0);
  call.focus.insert(call.focus.end(), std::make_move_iterator(other.begin()), std::make_move_iterator(other.end()));
  return std::move(call.focus);
}
Collection unite(Call& call) { return fhirpath::distinct(call.run, call.node, combine(call)); }

}  // namespace varde::fhirpath::functions
