#include "server/operation/apply/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "fhir-model/json/json.h"
#include "fhir-model/patch/grow.h"

namespace varde::operation::apply {

namespace {

using fhir::Editor;
using fhir::Element;
using fhirpath::Item;

constexpr std::size_t kDepth = 100;

tl::unexpected<Failure> refuse(const std::string& why) { return fail(Fault::business_rule, why); }

std::string value_name(std::string_view type) {
  std::string name = "value" + std::string(type);
  if (name[5] >= 'a' && name[5] <= 'z') name[5] = static_cast<char>(name[5] - 'a' + 'A');
  return name;
}

/// A value as what a parameter holds; false where no value[x] can.
bool hold(Editor parameter, const Item& item) {
  if (const Element element = item.element()) {
    if (fhir::is_resource(element.type())) {
      parameter.add_copy("resource", element);
      return true;
    }
    const std::string name = value_name(element.type_name());
    if (!fhir::find_element(parameter.type(), name)) return false;
    parameter.add_copy(name, element);
    return true;
  }
  if (item.system_type() == fhirpath::SystemType::quantity) {
    const auto quantity = item.quantity();
    auto out = parameter.add("valueQuantity");
    out.set("value", quantity->value.text());
    if (!quantity->unit.empty()) out.set("unit", quantity->unit);
    if (!quantity->unit.empty() && !quantity->calendar)
      out.set("system", "http://unitsofmeasure.org"), out.set("code", quantity->unit);
    return true;
  }
  const auto text = item.text();
  const std::string name = value_name(fhirpath::fhir_name(item.system_type()));
  if (!text || !fhir::find_element(parameter.type(), name)) return false;
  parameter.set(name, *text);
  return true;
}

struct Step {
  std::string_view name;
  std::optional<std::size_t> index;
};

Result<std::vector<Step>> steps_of(std::string_view path) {
  std::vector<Step> steps;
  while (!path.empty()) {
    std::string_view step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(step.size() + 1, path.size()));
    Step read{step.substr(0, step.find('[')), {}};
    step.remove_prefix(read.name.size());
    if (step == "[x]") step = {};
    if (!step.empty()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data() + 1, step.data() + step.size(), index);
      if (error != std::errc{} || std::string_view(end, step.data() + step.size() - end) != "]" || index > 1000)
        return refuse("A path is made of names and indexes, such as payload[0].content.");
      read.index = index;
    }
    if (read.name.empty()) return refuse("A path is made of names and indexes, such as payload[0].content.");
    steps.push_back(read);
  }
  return steps;
}

bool has_element(fhir::TypeId type, std::string_view name) {
  if (fhir::find_element(type, name)) return true;
  const auto rows = fhir::elements_of(type);
  return !name.empty() &&
         std::any_of(rows.begin(), rows.end(), [&](const fhir::ElementRow& row) { return row.choice == name; });
}

/// What stands there under that name, whichever alternative of a choice.
std::vector<Element> standing(Element owner, std::string_view name) {
  std::vector<Element> found;
  for (const Element child : owner.children())
    if (child.name() == name || (child.definition()->choice == name && !name.empty())) found.push_back(child);
  return found;
}

Result<Editor> walk(Editor at, const Step& step) {
  const auto there = standing(at, step.name);
  const std::size_t index = step.index.value_or(0);
  if (index < there.size()) return at.edit(there[index]);
  const auto* row = fhir::find_element(at.type(), step.name);
  if (!row) return refuse(fmt::format("{} has no element {}.", at.type_name(), step.name));
  if (index > there.size()) return refuse(fmt::format("{} has fewer of {}.", at.type_name(), step.name));
  if (fhir::is_primitive(row->type) || row->type == fhir::TypeId::none)
    return refuse(fmt::format("{} has no parts.", step.name));
  return at.add(*row);
}

}  // namespace

Result<Editor> put(Editor owner, std::string_view name, const Item& value) {
  if (!has_element(owner.type(), name)) return refuse(fmt::format("{} has no element {}.", owner.type_name(), name));
  auto holder = fhir::Tree::of("Parameters");
  auto parameter = holder.edit().add("parameter");
  parameter.set("name", "value");
  if (!hold(parameter, value)) return refuse(fmt::format("A value of that kind cannot be put into {}.", name));
  auto done = fhir::patch::put(owner, name, parameter, kDepth);
  if (!done) return refuse(fmt::format("{}: {}", name, done.error().diagnostics));
  return done;
}

Result<void> put_at(Editor root, std::string_view path, const fhirpath::Collection& values) {
  auto steps = steps_of(path);
  FHIR_TRY(steps);
  if (!steps->empty() && steps->front().name == root.type_name()) steps->erase(steps->begin());
  if (steps->empty()) return refuse("A path is made of names and indexes, such as payload[0].content.");
  Editor at = root;
  for (std::size_t i = 0; i + 1 < steps->size(); ++i) {
    auto next = walk(at, (*steps)[i]);
    FHIR_TRY(next);
    at = *next;
  }
  const Step& last = steps->back();
  const auto there = standing(at, last.name);
  if (!last.index) {
    for (const Element child : there) at.remove_child(child);
  } else if (*last.index < there.size()) {
    at.remove_child(there[*last.index]);
  } else if (*last.index > there.size()) {
    return refuse(fmt::format("{} has fewer of {}.", at.type_name(), last.name));
  }
  for (const Item& value : values) {
    const auto added = put(at, last.name, value);
    FHIR_TRY(added);
    if (last.index) at.move_child(*added, *last.index);
  }
  return {};
}

}  // namespace varde::operation::apply
