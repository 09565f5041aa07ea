#include "fhir-model/patch/xml_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

using xml::Change;
using Step = XmlPatch::Step;
using Test = XmlPatch::Test;

tl::unexpected<Failure> malformed(const std::string& why) { return fail(Fault::patch_malformed, why); }
tl::unexpected<Failure> refuse(const std::string& why) { return fail(Fault::patch_not_applicable, why); }

std::string local(std::string_view name) {
  const bool attribute = name.starts_with('@');
  const auto colon = name.find(':');
  const auto plain = colon == std::string_view::npos ? name.substr(attribute ? 1 : 0) : name.substr(colon + 1);
  return (attribute ? "@" : "") + std::string(plain);
}

/// Splits at a character that stands neither in brackets nor in quotes.
std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '[' || c == ']') {
      depth += c == '[' ? 1 : -1;
    } else if (c == at && depth == 0) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Result<void> read_predicate(std::string_view text, Step& step) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text == "last()") {
    step.last = true;
    return {};
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step.index);
  if (error == std::errc{} && end == text.data() + text.size() && step.index > 0) return {};
  step.index = 0;
  const auto sides = split(text, '=');
  if (sides.size() != 2) return malformed("A condition in sel is [n], [last()] or [path='text'].");
  std::string_view value = sides[1], path = sides[0];
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (path.ends_with(' ')) path.remove_suffix(1);
  if (value.size() < 2 || value.front() != value.back() || (value.front() != '\'' && value.front() != '"'))
    return malformed("A condition in sel compares with a text in quotes.");
  Test test{{}, std::string(value.substr(1, value.size() - 2))};
  for (const std::string_view part : split(path, '/')) test.path.push_back(local(part));
  step.tests.push_back(std::move(test));
  return {};
}

/// Where the bracket that it begins with closes, whatever stands in quotes.
std::size_t closing(std::string_view part) {
  char quote = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (quote != 0) {
      if (part[i] == quote) quote = 0;
    } else if (part[i] == '\'' || part[i] == '"') {
      quote = part[i];
    } else if (part[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

Result<std::vector<Step>> read_path(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  std::vector<Step> steps;
  for (std::string_view part : split(path, '/')) {
    Step step;
    const auto bracket = part.find('[');
    step.name = local(part.substr(0, bracket));
    if (step.name.empty() || step.name.find_first_of("()|") != std::string::npos)
      return malformed("sel names a place by steps, such as Patient/name[1]/family/@value.");
    part.remove_prefix(std::min(bracket, part.size()));
    while (!part.empty()) {
      const auto end = closing(part);
      if (!part.starts_with('[') || end == std::string_view::npos) return malformed("A bracket in sel is not closed.");
      FHIR_TRY(read_predicate(part.substr(1, end - 1), step));
      part.remove_prefix(end + 1);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

/// The text of an attribute of the element's XML; nothing when it has none of that name.
std::optional<std::string_view> attribute_of(Element element, std::string_view name) {
  if (name == "value" && element.has_value()) return element.value();
  const Element child = element[name];
  if (child && child.definition()->attribute) return child.value();
  return std::nullopt;
}

bool holds(Element element, const Test& test, std::size_t at = 0) {
  const std::string& name = test.path[at];
  if (name.starts_with('@')) return attribute_of(element, std::string_view(name).substr(1)) == test.value;
  for (const Element child : element.each(name))
    if (at + 1 == test.path.size() ? child.value() == test.value : holds(child, test, at + 1)) return true;
  return false;
}

/// A resource within another stands inside an element of its own in XML: contained/Patient.
bool is_resource_step(Element at, const Step& step) {
  return at.parent() && is_resource(at.type()) && at.type_name() == step.name;
}

Result<std::vector<Element>> select_step(Element from, const Step& step) {
  std::vector<Element> found;
  if (is_resource_step(from, step)) {
    found.push_back(from);
  } else {
    for (const Element child : from.children())
      if ((step.name == "*" || child.name() == step.name) && !child.definition()->attribute) found.push_back(child);
  }
  std::erase_if(found, [&](Element one) {
    return !std::all_of(step.tests.begin(), step.tests.end(), [&](const Test& test) { return holds(one, test); });
  });
  if (step.last && !found.empty()) found = {found.back()};
  if (step.index > 0) found = step.index <= found.size() ? std::vector{found[step.index - 1]} : std::vector<Element>();
  return found;
}

struct Place {
  Element element;
  std::string attribute;  ///< empty: the element itself
};

Result<Place> find_place(Element root, const std::vector<Step>& steps, Budget* budget) {
  if (steps.front().name != root.type_name() && steps.front().name != "*")
    return refuse(fmt::format("sel begins with the resource: {}.", root.type_name()));
  std::vector<Element> at{root};
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].name.starts_with('@')) {
      if (i + 1 != steps.size() || at.size() != 1) return refuse("sel must name one attribute.");
      return Place{at.front(), steps[i].name.substr(1)};
    }
    std::vector<Element> next;
    for (const Element one : at) {
      if (budget && !budget->spend()) return tl::unexpected<Failure>(budget->within().error());
      auto found = select_step(one, steps[i]);
      FHIR_TRY(found);
      next.insert(next.end(), found->begin(), found->end());
    }
    at = std::move(next);
  }
  if (at.size() != 1)
    return refuse(at.empty() ? "sel names nothing in this resource." : "sel names several places; it must name one.");
  return Place{at.front(), {}};
}

/// Names of the elements of XML from the resource down to that one.
std::vector<std::string> way_to(Element element) {
  std::vector<std::string> way;
  for (Element at = element; at; at = at.parent()) {
    if (!at.parent()) {
      way.emplace_back(at.type_name());
      continue;
    }
    if (is_resource(at.type())) way.emplace_back(at.type_name());
    way.emplace_back(at.name());
  }
  std::reverse(way.begin(), way.end());
  return way;
}

/// What an operation brings, read as content of `owner`.
Result<Tree> read_content(const Change& change, Element owner) {
  std::string text = "<varde:", close;
  const auto way = way_to(owner);
  std::string declarations = change.declarations;
  if (declarations.find(" xmlns=") == std::string::npos) declarations += " xmlns=\"http://hl7.org/fhir\"";
  text += way.front() + " xmlns:varde=\"http://hl7.org/fhir\"" + declarations + ">";
  for (std::size_t i = 1; i < way.size(); ++i) text += "<varde:" + way[i] + ">";
  text += change.content;
  for (std::size_t i = way.size(); i-- > 0;) text += "</varde:" + way[i] + ">";
  auto tree = parse_xml(text, {}, XmlOrder::any);
  if (!tree) return refuse("What the operation brings does not fit there: " + tree.error().diagnostics);
  return tree;
}

Element content_place(const Tree& tree, std::size_t depth) {
  Element at = tree.root();
  for (std::size_t i = 0; i < depth; ++i) at = *at.children().begin();
  return at;
}

std::size_t depth_of(Element element) {
  std::size_t depth = 0;
  for (Element at = element.parent(); at; at = at.parent()) ++depth;
  return depth;
}

std::size_t index_of(Element element) {
  std::size_t index = 0;
  for (const Element other : element.parent().each(element.name())) {
    if (other == element) break;
    ++index;
  }
  return index;
}

class Run {
 public:
  Run(Tree& tree, Budget* budget) : tree_(tree), budget_(budget) {}

  Result<void> apply(const Change& change, const std::vector<Step>& steps) {
    const bool adds_attribute = change.op == Change::Op::add && change.type.starts_with('@');
    const auto place = find_place(tree_.root(), steps, budget_);
    FHIR_TRY(place);
    if (adds_attribute) {
      const std::string name = local(change.type).substr(1);
      if (attribute_of(place->element, name)) return refuse("The attribute is there already; replace it.");
      return set_attribute(place->element, name, change);
    }
    if (!place->attribute.empty()) return on_attribute(*place, change);
    if (change.op == Change::Op::remove) return remove(place->element);
    return change.op == Change::Op::add ? add(place->element, change) : replace(place->element, change);
  }

 private:
  Result<void> on_attribute(const Place& place, const Change& change) {
    if (!attribute_of(place.element, place.attribute)) return refuse("sel names an attribute that is not there.");
    if (change.op == Change::Op::replace) return set_attribute(place.element, place.attribute, change);
    if (change.op == Change::Op::add) return refuse("To an attribute nothing is added; replace it.");
    Editor element = tree_.edit().edit(place.element);
    if (place.attribute != "value") {
      element.remove(place.attribute);
      return {};
    }
    if (element.children().empty()) return remove(place.element);
    return refuse("The value of an element that has extensions is not removed alone; remove or replace the element.");
  }

  Result<void> set_attribute(Element at, const std::string& name, const Change& change) {
    if (change.has_elements) return malformed("The value of an attribute is text.");
    Editor element = tree_.edit().edit(at);
    if (name == "value" && is_primitive(element.type())) {
      element.set_value(change.text);
      return {};
    }
    const auto* row = find_element(element.type(), name);
    if (!row || !row->attribute) return refuse("The element has no such attribute.");
    element.set(name, change.text);
    return {};
  }

  Result<void> remove(Element at) {
    if (!at.parent()) return refuse("The resource itself is not removed; delete it.");
    tree_.edit().edit(at.parent()).remove_child(at);
    return {};
  }

  /// Puts the elements that the operation brings into `owner`; of the name of `beside` from that index on.
  Result<void> put(Element owner, const Change& change, std::string_view name, std::size_t index) {
    if (!change.has_elements) return malformed("The operation brings no element.");
    const auto content = read_content(change, owner);
    FHIR_TRY(content);
    Editor into = tree_.edit().edit(owner);
    for (const Element one : content_place(*content, depth_of(owner)).children()) {
      const auto* row = one.definition();
      const bool taken = row->choice.empty() ? bool(into[one.name()]) : bool(into.choice(row->choice));
      if (taken && !row->many) return refuse("The element is there already and does not repeat; replace it instead.");
      Editor added = into.add_copy(one.name(), one);
      if (name == "*" || one.name() == name) into.move_child(added, index++);
    }
    return {};
  }

  Result<void> add(Element at, const Change& change) {
    if (!change.type.empty()) return malformed("An XML Patch adds elements, or an attribute by type=\"@name\".");
    if (change.position.empty()) return put(at, change, "", 0);
    if (change.position == "prepend") return put(at, change, "*", 0);
    if (change.position != "before" && change.position != "after") return malformed("pos is prepend, before or after.");
    if (!at.parent()) return refuse("Beside the resource itself nothing stands.");
    return put(at.parent(), change, at.name(), index_of(at) + (change.position == "after" ? 1 : 0));
  }

  Result<void> replace(Element at, const Change& change) {
    if (!at.parent()) return refuse("The resource itself is not replaced by a patch; update it.");
    const Element owner = at.parent();
    const std::string name(at.name());
    const std::size_t index = index_of(at);
    tree_.edit().edit(owner).remove_child(at);
    return put(owner, change, name, index);
  }

  Tree& tree_;
  Budget* const budget_;
};

}  // namespace

Result<XmlPatch> XmlPatch::parse(std::string_view document, const PatchLimits& limits) {
  if (document.size() > limits.bytes) return fail(Fault::too_large, "The XML Patch is too large.");
  auto changes = xml::read_diff(document, limits.operations);
  FHIR_TRY(changes);
  XmlPatch patch;
  for (std::size_t i = 0; i < changes->size(); ++i) {
    auto steps = read_path((*changes)[i].select);
    if (!steps) steps.error().expression = fmt::format("diff.operation[{}]", i);
    FHIR_TRY(steps);
    patch.operations_.push_back({std::move((*changes)[i]), std::move(*steps)});
  }
  return patch;
}

Result<Tree> XmlPatch::apply(Element resource, Budget* budget) const {
  Tree tree = Tree::copy_of(resource);
  Run run(tree, budget);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    auto done = run.apply(operations_[i].change, operations_[i].steps);
    if (!done && done.error().expression.empty()) done.error().expression = fmt::format("diff.operation[{}]", i);
    FHIR_TRY(done);
  }
  FHIR_TRY(require_same_identity(resource, tree.root()));
  return tree;
}

}  // namespace varde::fhir
