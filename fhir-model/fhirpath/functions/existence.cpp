/// https://hl7.org/fhirpath/N1/#existence
#include <algorithm>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"

namespace varde::fhirpath::functions {
namespace {

enum class Quantifier : std::uint8_t { all, any };

Collection boolean_items(Call& call, Quantifier quantifier, bool wanted) {
  bool found = quantifier == Quantifier::all;
  for (const Item& item : call.focus) {
    const auto value = item.boolean();
    if (!value) {
      call.fail("every item must be a Boolean here");
      return {};
    }
    if (quantifier == Quantifier::all) found &= *value == wanted;
    if (quantifier == Quantifier::any) found |= *value == wanted;
  }
  return {found};
}

bool holds_all(Call& call, const Collection& of, const Collection& in) {
  ItemSet set(call.run, call.node);
  for (const Item& item : in) set.insert(item);
  return std::ranges::all_of(of, [&](const Item& item) { return set.contains(item); });
}

}  // namespace

Collection empty(Call& call) { return {call.focus.empty()}; }
Collection count(Call& call) { return {static_cast<std::int32_t>(call.focus.size())}; }

Collection exists(Call& call) {
  if (call.argument_count() == 0) return {!call.focus.empty()};
  std::int32_t index = 0;
  return {
      std::ranges::any_of(call.focus, [&](const Item& item) { return call.condition_for(0, item, index++) == true; })};
}

Collection all(Call& call) {
  std::int32_t index = 0;
  return {
      std::ranges::all_of(call.focus, [&](const Item& item) { return call.condition_for(0, item, index++) == true; })};
}

Collection all_true(Call& call) { return boolean_items(call, Quantifier::all, true); }
Collection all_false(Call& call) { return boolean_items(call, Quantifier::all, false); }
Collection any_true(Call& call) { return boolean_items(call, Quantifier::any, true); }
Collection any_false(Call& call) { return boolean_items(call, Quantifier::any, false); }

Collection subset_of(Call& call) { return {holds_all(call, call.focus, call.argument(0))}; }
Collection superset_of(Call& call) { return {holds_all(call, call.argument(0), call.focus)}; }

Collection distinct(Call& call) { return fhirpath::distinct(call.run, call.node, std::move(call.focus)); }
Collection is_distinct(Call& call) {
  ItemSet set(call.run, call.node);
  return {std::ranges::all_of(call.focus, [&](const Item& item) { return set.insert(item); })};
}

Collection negate(Call& call) {
  const auto truth = call.run.condition(call.focus, call.node);
  return truth ? Collection{!*truth} : Collection{};
}

/// https://hl7.org/fhir/R4/fhirpath.html#functions
Collection has_value(Call& call) {
  return {call.focus.size() == 1 && (!call.focus.front().element() || call.focus.front().element().has_value())};
}

}  // namespace varde::fhirpath::functions
