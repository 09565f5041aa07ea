#include "server/search/subset.h"

#include <algorithm>
#include <stdexcept>

#include "fhir-model/json/json.h"

namespace varde::search {
namespace {

using fhir::Editor;
using fhir::Element;
using fhir::ElementRow;

constexpr std::string_view kSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", kCode = "SUBSETTED";

bool is_named(const ElementRow& row, std::string_view name) {
  return row.name == name || (!row.choice.empty() && row.choice == name);
}

/// Of an element of the resource itself.
bool is_wanted(const ElementRow& row, const Subset& subset) {
  if (row.name == "id" || row.name == "meta") return true;
  if (subset.of == Subset::Of::data) return row.name != "text";
  if (row.min > 0) return true;
  switch (subset.of) {
    case Subset::Of::summary: return row.summary;
    case Subset::Of::text: return row.name == "text";
    case Subset::Of::elements:
      return std::ranges::any_of(subset.names, [&](const std::string& name) { return is_named(row, name); });
    case Subset::Of::data:
    case Subset::Of::all: break;
  }
  return true;
}

template <class Unwanted>
void remove_children(Editor parent, Unwanted unwanted) {
  std::vector<Element> gone;
  for (const Element child : parent.children())
    if (unwanted(child)) gone.push_back(child);
  for (const Element child : gone) parent.remove_child(child);
}

/// Inside of what a summary holds, what is no summary goes too: the data of an Attachment, extensions.
void summarise(Editor parent) {
  remove_children(parent, [](Element child) { return !child.definition()->summary && child.definition()->min == 0; });
  for (const Element child : parent.children()) summarise(parent.edit(child));
}

void mark(Editor resource) {
  Editor tag = resource.ensure("meta").add("tag");
  tag.set("system", kSystem);
  tag.set("code", kCode);
}

}  // namespace

Result<void> take_summary(std::string_view text, Subset& subset) {
  if (text == "true")
    subset.of = Subset::Of::summary;
  else if (text == "text")
    subset.of = Subset::Of::text;
  else if (text == "data")
    subset.of = Subset::Of::data;
  else if (text != "false")
    return fail(Fault::parameter_malformed, "_summary is true, text, data, count or false.", "_summary");
  return {};
}

Result<void> take_elements(fhir::TypeId type, std::string_view text, Subset& subset) {
  subset.of = Subset::Of::elements;
  const std::string_view type_name = fhir::row_of(type).name;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view name = text.substr(at, comma - at);
    if (name.starts_with(type_name) && name.substr(type_name.size()).starts_with('.'))
      name.remove_prefix(type_name.size() + 1);
    const auto rows = fhir::elements_of(type);
    if (std::ranges::none_of(rows, [&](const ElementRow& row) { return is_named(row, name); }))
      return fail(
          Fault::parameter_malformed,
          "_elements is a list of elements that " + std::string(type_name) + " itself has, such as \"id,meta\".",
          "_elements");
    subset.names.emplace_back(name);
    at = comma + 1;
  }
  return {};
}

std::string cut(std::string_view bytes, const Subset& subset) {
  auto tree = fhir::parse_json(bytes, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::logic_error("a stored resource does not parse");
  Editor resource = tree->edit();
  remove_children(resource, [&](Element child) { return !is_wanted(*child.definition(), subset); });
  if (subset.of == Subset::Of::summary)
    for (const Element child : resource.children()) summarise(resource.edit(child));
  mark(resource);
  return fhir::to_json(tree->root());
}

bool is_subsetted(Element resource) {
  for (const Element tag : resource["meta"].each("tag"))
    if (tag["code"].value() == kCode && tag["system"].value() == kSystem) return true;
  return false;
}

}  // namespace varde::search
