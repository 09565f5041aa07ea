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

}  // namespace varde::fhirpath::functions
