/// https://hl7.org/fhirpath/N1/#filtering-and-projection,
/// #iifcriterion-expression-true-result-collection--otherwise-result-collection--collection
#include <algorithm>
#include <iterator>
#include <memory>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"

namespace varde::fhirpath::functions {
Collection repeat(Call& call) {
  ItemSet seen(call.run, call.node);
  std::vector<std::unique_ptr<Item>> found;  // the set looks at them, so they stay where they are
  Collection round = std::move(call.focus);
  while (!round.empty() && !call.run.failed() && found.size() <= call.run.environment().limits.items) {
    Collection next;
    std::int32_t index = 0;
    for (const Item& item : round)
      for (Item& result : call.argument_for(0, item, index++)) {
        auto kept = std::make_unique<Item>(std::move(result));
        if (!seen.insert(*kept)) continue;
        next.push_back(*kept);
        found.push_back(std::move(kept));
      }
    round = std::move(next);
  }
  Collection out;
  for (const auto& item : found) out.push_back(std::move(*item));
  return out;
}

/// sort([key [, key...]]): a key that is a sign before a path sorts the other way; an absent key comes first, either
/// way.
Collection sort(Call& call) {
  struct Row {
    std::vector<std::optional<Item>> keys;
    std::size_t place;
  };
  const std::size_t keys = std::max<std::size_t>(1, call.argument_count());
  std::vector<Row> rows;
  for (std::size_t i = 0; i < call.focus.size(); ++i) {
    Row row{{}, i};
    for (std::size_t k = 0; k < keys; ++k) {
      const bool given = k < call.argument_count();
      const bool down = given && call.argument_node(k).op == Node::Op::minus;
      const Node* key = given ? &call.argument_node(k) : nullptr;
      const Scope scope = call.scope.at(call.focus[i], static_cast<std::int32_t>(i));
      Collection value = key ? call.run.evaluate(down ? key->focus() : *key, scope) : Collection{call.focus[i]};
      if (value.size() > 1) call.fail("a sort key is one item");
      row.keys.push_back(value.empty() ? std::nullopt : std::optional(std::move(value.front())));
    }
    rows.push_back(std::move(row));
  }
  bool comparable = true;
  const auto before = [&](const Row& a, const Row& b) {
    for (std::size_t k = 0; k < keys; ++k) {
      const bool down = k < call.argument_count() && call.argument_node(k).op == Node::Op::minus;
      if (!a.keys[k] || !b.keys[k]) {
        if (a.keys[k].has_value() == b.keys[k].has_value()) continue;
        return !a.keys[k];
      }
      const Order order = compare(*a.keys[k], *b.keys[k]);
      comparable &= order.comparable == Comparable::yes;
      if (order.order < 0) return !down;
      if (order.order > 0) return down;
    }
    return a.place < b.place;
  };
  if (call.run.failed() || !call.run.spend(call.node, rows.size())) return {};
  // Partial orders (dates of unlike precision) are no strict weak order: std::sort must not see them.
  for (std::size_t width = 1; width < rows.size(); width *= 2)
    for (std::size_t start = 0; start + width < rows.size(); start += 2 * width) {
      const auto at = [&](std::size_t i) {
        return rows.begin() + static_cast<std::ptrdiff_t>(std::min(i, rows.size()));
      };
      std::inplace_merge(at(start), at(start + width), at(start + 2 * width), before);
    }
  if (!comparable) call.fail("values of these types have no order between them");
  Collection out;
  for (const Row& row : rows) out.push_back(call.focus[row.place]);
  return out;
}

Collection iif(Call& call) {
  const Item* item = call.only();
  if (call.run.failed()) return {};
  Scope scope = call.scope;
  scope.self = item, scope.all = nullptr;
  const bool holds = call.run.truth(call.argument_node(0), scope) == true;
  if (call.run.failed()) return {};
  if (holds) return call.run.evaluate(call.argument_node(1), scope);
  return call.argument_count() > 2 ? call.run.evaluate(call.argument_node(2), scope) : Collection{};
}

Collection coalesce(Call& call) {
  for (std::size_t i = 0; i < call.argument_count(); ++i)
    if (Collection found = call.argument(i); !found.empty()) return found;
  return {};
}

}  // namespace varde::fhirpath::functions
