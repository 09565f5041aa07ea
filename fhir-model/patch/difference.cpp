#include "fhir-model/patch/difference.h"

#include <algorithm>
#include <string>
#include <vector>

namespace varde::fhir {
namespace {

/// The name that a path and an operation use: of a choice the part before the type.
std::string_view step_of(Element element) {
  const ElementRow& row = *element.definition();
  return row.choice.empty() ? row.name : row.choice;
}

bool is_of_the_server(Element element) {
  return element.parent() && element.parent().name() == "meta" && !element.parent().parent().parent() &&
         (element.name() == "versionId" || element.name() == "lastUpdated");
}

/// A meta with nothing else in it is of the server, too.
std::vector<Element> children_of(Element element) {
  std::vector<Element> found;
  for (const Element child : element.children()) {
    const bool says_nothing = child.name() == "meta" && !element.parent() && children_of(child).empty();
    if (!is_of_the_server(child) && !says_nothing) found.push_back(child);
  }
  return found;
}

bool is_alike(Element a, Element b) {
  if (a.type() != b.type() || a.name() != b.name() || a.has_value() != b.has_value() || a.value() != b.value())
    return false;
  const auto ours = children_of(a), theirs = children_of(b);
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), is_alike);
}

std::vector<Element> named(const std::vector<Element>& children, std::string_view step) {
  std::vector<Element> found;
  for (const Element child : children)
    if (step_of(child) == step) found.push_back(child);
  return found;
}

class Difference {
 public:
  Tree made(Element from, Element to) {
    compare(from, to, std::string(from.type_name()));
    return std::move(patch_);
  }

 private:
  Editor operation(std::string_view type, std::string_view path) {
    auto operation = patch_.edit().add("parameter");
    operation.set("name", "operation");
    part(operation, "type").set("valueCode", type);
    part(operation, "path").set("valueString", path);
    return operation;
  }
  static Editor part(Editor of, std::string_view name) {
    auto added = of.add("part");
    added.set("name", name);
    return added;
  }
  /// https://hl7.org/fhir/R4/fhirpatch.html#anonymous
  static void put_value(Editor part_of_value, Element value) {
    std::string name(value.type_name());
    name[0] = static_cast<char>(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]);
    name.insert(0, "value");
    if (row_of(value.type()).kind == TypeKind::resource) {
      part_of_value.add_copy("resource", value);
    } else if (find_element(part_of_value.type(), name)) {
      part_of_value.add_copy(name, value);
    } else {
      for (const Element child : value.children()) put_value(part(part_of_value, step_of(child)), child);
    }
  }

  void compare(Element from, Element to, const std::string& path) {
    const auto ours = children_of(from), theirs = children_of(to);
    std::vector<std::string_view> steps;
    for (const auto* side : {&ours, &theirs})
      for (const Element child : *side)
        if (std::ranges::find(steps, step_of(child)) == steps.end()) steps.push_back(step_of(child));
    for (const std::string_view step : steps) {
      const auto before = named(ours, step), after = named(theirs, step);
      const bool many = (before.empty() ? after : before).front().definition()->many;
      if (many)
        compare_lists(before, after, path, step);
      else
        compare_one(before, after, path, step);
    }
  }

  void compare_one(const std::vector<Element>& before, const std::vector<Element>& after, const std::string& parent,
                   std::string_view step) {
    const std::string path = parent + "." + std::string(step);
    if (after.empty()) {
      operation("delete", path);
    } else if (before.empty()) {
      add(parent, step, after.front());
    } else {
      change(before.front(), after.front(), path);
    }
  }

  void add(const std::string& parent, std::string_view step, Element value) {
    auto add = operation("add", parent);
    part(add, "name").set("valueString", step);
    put_value(part(add, "value"), value);
  }

  /// In the place where it is: inside, where there is an inside.
  void change(Element before, Element after, const std::string& path) {
    if (is_alike(before, after)) return;
    const bool has_inside = before.type() == after.type() && before.name() == after.name() && !before.has_value() &&
                            !after.has_value() && !children_of(before).empty() && !children_of(after).empty();
    if (has_inside)
      compare(before, after, path);
    else
      put_value(part(operation("replace", path), "value"), after);
  }

  void compare_lists(const std::vector<Element>& before, const std::vector<Element>& after, const std::string& parent,
                     std::string_view step) {
    const std::string list = parent + "." + std::string(step);
    const auto at = [&](std::size_t index) { return list + "[" + std::to_string(index) + "]"; };
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t head = 0, tail = 0;
    while (head < shorter && is_alike(before[head], after[head])) ++head;
    while (tail < shorter - head && is_alike(before[before.size() - 1 - tail], after[after.size() - 1 - tail])) ++tail;
    const std::size_t both = shorter - tail;
    for (std::size_t i = head; i < both; ++i) change(before[i], after[i], at(i));
    for (std::size_t i = before.size() - tail; i > both; --i) operation("delete", at(i - 1));
    for (std::size_t i = both; i + tail < after.size(); ++i) {
      if (tail == 0) {
        add(parent, step, after[i]);
        continue;
      }
      auto insert = operation("insert", list);
      part(insert, "index").set("valueInteger", std::to_string(i));
      put_value(part(insert, "value"), after[i]);
    }
  }

  Tree patch_ = Tree::of("Parameters");
};

}  // namespace

Tree difference(Element from, Element to) { return Difference().made(from, to); }

}  // namespace varde::fhir
