/// https://hl7.org/fhirpath/N1/#tree-navigation, https://hl7.org/fhir/R4/fhirpath.html#functions
#include "fhir-model/fhirpath/functions/functions.h"

namespace varde::fhirpath::functions {
namespace {

/// Depth first, in document order. The tree's own depth is limited by its parser.
void append_descendants(Call& call, Element of, Collection& out) {
  for (const Element child : of.children()) {
    if (out.size() > call.run.environment().limits.items || !call.run.spend(call.node)) return;
    out.emplace_back(child);
    append_descendants(call, child, out);
  }
}

}  // namespace

Collection descendants(Call& call) {
  Collection out;
  for (const Item& item : call.focus)
    if (const Element element = item.element())
      append_descendants(call, element, out);
    else
      visit_children(item, [&](const Item& part) {
        out.push_back(part);
        return true;
      });
  return out;
}

Collection resolve(Call& call) {
  Collection out;
  for (const Item& item : call.focus)
    for (Item& found : fhirpath::resolve(call.run, item)) out.push_back(std::move(found));
  return out;
}

/// The System value of a primitive that has one.
Collection get_value(Call& call) {
  if (call.focus.size() != 1) return {};
  const Element element = call.focus.front().element();
  if (element && !fhir::is_primitive(element.type())) return {};
  auto value = call.focus.front().system();
  return value ? Collection{std::move(*value)} : Collection{};
}

Collection type(Call& call) {
  Collection out;
  for (const Item& item : call.focus) out.emplace_back(item.type_info());
  return out;
}

}  // namespace varde::fhirpath::functions
