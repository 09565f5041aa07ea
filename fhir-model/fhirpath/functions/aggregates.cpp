/// aggregate: https://hl7.org/fhirpath/N1/#aggregates; sum, min, max and avg as its shorthands in later versions.
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"

namespace varde::fhirpath::functions {
namespace {

std::optional<Item> total_of(Call& call) {
  if (call.focus.empty()) return std::nullopt;
  Item total = call.focus.front();
  for (std::size_t i = 1; i < call.focus.size(); ++i) {
    Collection sum = arithmetic(call.run, call.node, Operator::add, total, call.focus[i]);
    if (sum.empty()) return std::nullopt;
    total = std::move(sum.front());
  }
  return total.system();
}

Collection extreme(Call& call, std::partial_ordering wanted) {
  if (call.focus.empty()) return {};
  const Item* best = &call.focus.front();
  for (const Item& item : call.focus) {
    const Order order = compare(item, *best);
    if (order.comparable == Comparable::no) {
      call.fail("values of these types have no order between them");
      return {};
    }
    if (order.order == std::partial_ordering::unordered) return {};
    if (order.order == wanted) best = &item;
  }
  return {*best};
}

}  // namespace

Collection aggregate(Call& call) {
  Collection total = call.argument_count() > 1 ? call.argument(1) : Collection{};
  std::int32_t index = 0;
  for (const Item& item : call.focus) {
    Scope scope = call.scope.at(item, index++);
    scope.total = &total;
    total = call.run.evaluate(call.argument_node(0), scope);
    if (call.run.failed()) break;
  }
  return total;
}

Collection sum(Call& call) {
  auto total = total_of(call);
  return total ? Collection{std::move(*total)} : Collection{};
}
Collection min(Call& call) { return extreme(call, std::partial_ordering::less); }
Collection max(Call& call) { return extreme(call, std::partial_ordering::greater); }
Collection avg(Call& call) {
  const auto total = total_of(call);
  if (!total) return {};
  return arithmetic(call.run, call.node, Operator::divide, *total, Item(static_cast<std::int32_t>(call.focus.size())));
}

}  // namespace varde::fhirpath::functions
