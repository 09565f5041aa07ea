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

Collection collection(Truth truth) { return truth ? Collection{*truth} : Collection{}; }

Truth logic(Operator oper, Truth a, Truth b) {
  switch (oper) {
    case Operator::logical_and: return conjunction(a, b);
    case Operator::logical_or: return negation(conjunction(negation(a), negation(b)));
    case Operator::implies: return negation(conjunction(a, negation(b)));
    default: return a && b ? Truth(*a != *b) : Truth();
  }
}

/// The right operand is not evaluated when the left one decides.
Collection logical(Run& run, const Node& node, const Scope& scope) {
  const Truth left = run.condition(run.evaluate(node.operands[0], scope), node);
  const bool decides = (node.oper == Operator::logical_and && left == false) ||
                       (node.oper == Operator::logical_or && left == true) ||
                       (node.oper == Operator::implies && left == false);
  if (decides || run.failed()) return collection(node.oper != Operator::logical_and);
  return collection(logic(node.oper, left, run.condition(run.evaluate(node.operands[1], scope), node)));
}

bool holds(Operator oper, std::partial_ordering order) {
  switch (oper) {
    case Operator::less: return order < 0;
    case Operator::less_or_equal: return order <= 0;
    case Operator::greater: return order > 0;
    default: return order >= 0;
  }
}

Collection ordering(Run& run, const Node& node, const Item& a, const Item& b) {
  const Order order = compare(a, b);
  if (order.comparable == Comparable::no) {
    run.fail(node, "values of these types have no order between them");
    return {};
  }
  if (order.order == std::partial_ordering::unordered) return {};
  return {holds(node.oper, order.order)};
}

Collection membership(Run& run, const Node& node, const Collection& item, const Collection& items) {
  if (item.empty()) return {};
  if (item.size() > 1) {
    run.fail(node, fmt::format("'{}' asks about one item, and there are {}",
                               node.oper == Operator::in ? "in" : "contains", item.size()));
    return {};
  }
  if (!run.spend(node, items.size())) return {};
  return {std::ranges::any_of(items, [&](const Item& other) { return equal(item.front(), other) == true; })};
}

Collection concatenation(Run& run, const Node& node, const Collection& a, const Collection& b) {
  std::string out;
  for (const Collection* side : {&a, &b}) {
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

Collection combined(Collection a, const Collection& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

Collection operate(Run& run, const Node& node, const Scope& scope) {
  const Operator oper = node.oper;
  if (oper >= Operator::logical_and && oper <= Operator::implies) return logical(run, node, scope);
  Collection made[2];
  const auto operand = [&](std::size_t i) -> const Collection& {  // a literal is not copied
    const Node& of = node.operands[i];
    return of.op == Node::Op::literal ? of.literal : made[i] = run.evaluate(of, scope);
  };
  const Collection &a = operand(0), &b = operand(1);
  if (run.failed()) return {};
  switch (oper) {
    case Operator::equal: return collection(equal(a, b));
    case Operator::not_equal: return collection(negation(equal(a, b)));
    case Operator::equivalent:
      return run.spend(node, a.size() * b.size()) ? Collection{equivalent(a, b)} : Collection{};
    case Operator::not_equivalent:
      return run.spend(node, a.size() * b.size()) ? Collection{!equivalent(a, b)} : Collection{};
    case Operator::in: return membership(run, node, a, b);
    case Operator::contains: return membership(run, node, b, a);
    case Operator::unite: return distinct(run, node, combined(a, b));
    case Operator::concatenate: return concatenation(run, node, a, b);
    default: break;
  }
  if (a.empty() || b.empty()) return {};
  if (a.size() > 1 || b.size() > 1) {
    run.fail(node, "this operator takes one item on each side");
    return {};
  }
  if (oper >= Operator::less && oper <= Operator::greater_or_equal) return ordering(run, node, a.front(), b.front());
  return arithmetic(run, node, oper, a.front(), b.front());
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
