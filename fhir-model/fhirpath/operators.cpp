#include "fhir-model/fhirpath/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/units.h"

namespace varde::fhirpath {
namespace {

using Truth = std::optional<bool>;

Truth conjunction(Truth a, Truth b) {
  if (a == false || b == false) return false;
  return a && b ? Truth(true) : Truth();
}
Truth negation(Truth a) { return a ? Truth(!*a) : a; }

constexpr std::string_view kOneOnEachSide = "this operator takes one item on each side";

Truth logic(Operator oper, Truth a, Truth b) {
  switch (oper) {
    case Operator::logical_and: return conjunction(a, b);
    case Operator::logical_or: return negation(conjunction(negation(a), negation(b)));
    case Operator::implies: return negation(conjunction(a, negation(b)));
    default: return a && b ? Truth(*a != *b) : Truth();
  }
}

/// The right operand is not evaluated when the left one decides.
Truth logical(Run& run, const Node& node, const Scope& scope) {
  const Truth left = run.truth(node.operands[0], scope);
  const bool decides = (node.oper == Operator::logical_and && left == false) ||
                       (node.oper == Operator::logical_or && left == true) ||
                       (node.oper == Operator::implies && left == false);
  if (decides) return node.oper != Operator::logical_and;
  return logic(node.oper, left, run.truth(node.operands[1], scope));
}

bool holds(Operator oper, std::partial_ordering order) {
  switch (oper) {
    case Operator::less: return order < 0;
    case Operator::less_or_equal: return order <= 0;
    case Operator::greater: return order > 0;
    default: return order >= 0;
  }
}

Truth ordering(Run& run, const Node& node, const Operand& a, const Operand& b) {
  if (a.empty() || b.empty()) return {};
  if (a.size() > 1 || b.size() > 1) {
    run.fail(node, kOneOnEachSide);
    return {};
  }
  const Order order = compare(a.front(), b.front());
  if (order.comparable == Comparable::no) {
    run.fail(node, "values of these types have no order between them");
    return {};
  }
  if (order.order == std::partial_ordering::unordered) return {};
  return holds(node.oper, order.order);
}

Truth membership(Run& run, const Node& node, const Operand& item, const Operand& items) {
  if (item.empty()) return {};
  if (item.size() > 1) {
    run.fail(node, fmt::format("'{}' asks about one item, and there are {}",
                               node.oper == Operator::in ? "in" : "contains", item.size()));
    return {};
  }
  if (!run.spend(node, items.size())) return {};
  return std::ranges::any_of(items.items(), [&](const Item& other) { return equal(item.front(), other) == true; });
}

Collection concatenation(Run& run, const Node& node, const Operand& a, const Operand& b) {
  std::string out;
  for (const Operand* side : {&a, &b}) {
    if (side->empty()) continue;
    const auto text = side->front().string();
    if (side->size() > 1 || !text) {
      run.fail(node, "'&' joins single Strings");
      return {};
    }
    out += *text;
  }
  return {std::move(out)};
}

Collection combined(const Operand& a, const Operand& b) {
  Collection out(a.items().begin(), a.items().end());
  out.insert(out.end(), b.items().begin(), b.items().end());
  return out;
}

}  // namespace

Truth judge(Run& run, const Node& node, const Scope& scope) {
  const Operator oper = node.oper;
  if (oper >= Operator::logical_and && oper <= Operator::implies) return logical(run, node, scope);
  const Operand a(run, node.operands[0], scope), b(run, node.operands[1], scope);
  if (run.failed()) return {};
  switch (oper) {
    case Operator::equal: return equal(a.items(), b.items());
    case Operator::not_equal: return negation(equal(a.items(), b.items()));
    case Operator::equivalent:
    case Operator::not_equivalent:
      if (!run.spend(node, a.size() * b.size())) return {};
      return equivalent(a.items(), b.items()) == (oper == Operator::equivalent);
    case Operator::in: return membership(run, node, a, b);
    case Operator::contains: return membership(run, node, b, a);
    default: return ordering(run, node, a, b);
  }
}

Collection operate(Run& run, const Node& node, const Scope& scope) {
  const Operand a(run, node.operands[0], scope), b(run, node.operands[1], scope);
  if (run.failed()) return {};
  if (node.oper == Operator::unite) return distinct(run, node, combined(a, b));
  if (node.oper == Operator::concatenate) return concatenation(run, node, a, b);
  if (a.empty() || b.empty()) return {};
  if (a.size() > 1 || b.size() > 1) {
    run.fail(node, kOneOnEachSide);
    return {};
  }
  return arithmetic(run, node, node.oper, a.front(), b.front());
}

bool ItemSet::contains(const Item& item) {
  const std::size_t hash = hash_of(item);
  const auto& bucket = buckets_[hash % buckets_.size()];
  run_.spend(where_, bucket.size() + 1);
  return !run_.failed() && std::ranges::any_of(bucket, [&](const Slot& slot) {
    return slot.hash == hash && equal(*slot.item, item) == true;
  });
}

bool ItemSet::insert(const Item& item) {
  if (contains(item)) return false;
  if (++count_ > 2 * buckets_.size()) {
    std::vector<std::vector<Slot>> larger(buckets_.size() * 8);
    for (auto& bucket : buckets_)
      for (const Slot& slot : bucket) larger[slot.hash % larger.size()].push_back(slot);
    buckets_ = std::move(larger);
  }
  const std::size_t hash = hash_of(item);
  buckets_[hash % buckets_.size()].push_back({hash, &item});
  return true;
}

Collection distinct(Run& run, const Node& where, Collection items) {
  if (items.size() < 2) return items;
  ItemSet seen(run, where);
  std::vector<bool> keep;
  for (const Item& item : items) keep.push_back(seen.insert(item));
  Collection out;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (keep[i]) out.push_back(std::move(items[i]));
  return out;
}

}  // namespace varde::fhirpath
