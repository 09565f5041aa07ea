#include "mappings/rows/interpreter.h"

#include <algorithm>
#include <array>

#include "mappings/rows/conversions.h"
#include "mappings/rows/names.h"

namespace varde::mappings::rows {
namespace {

using fhir::Editor;
using fhir::Element;

struct Step {
  std::string_view name, selector;
  bool selects = false, follows = false;  ///< name(selector), name->
};

/// Takes the first step off `path`.
Step next_step(std::string_view& path) {
  auto end = path.find('.');
  const auto arrow = path.find("->");
  Step step;
  if (arrow < end) {
    step = {path.substr(0, arrow), {}, false, true};
    path.remove_prefix(arrow + 2);
    return step;
  }
  end = std::min(end, path.size());
  step.name = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  if (const auto open = step.name.find('('); open != std::string_view::npos) {
    step.selector = step.name.substr(open + 1, step.name.size() - open - 2);
    step.name = step.name.substr(0, open);
    step.selects = true;
  }
  return step;
}

bool is_type(std::string_view name) { return !name.empty() && name[0] >= 'A' && name[0] <= 'Z'; }

std::string_view last_step(std::string_view message_path) {
  const auto slash = message_path.rfind('/');
  return slash == std::string_view::npos ? message_path : message_path.substr(slash + 1);
}

std::string url_of(std::string_view selector) {
  return selector.starts_with("=") ? std::string(selector.substr(1)) : extension_url(selector);
}

Editor add_extension(Editor parent, const std::string& url) {
  Editor added = parent.add("extension");
  added.add("url", url);
  return added;
}

Editor ensure_extension(Editor parent, const std::string& url) {
  const Element existing = parent.extension(url);
  return existing ? parent.edit(existing) : add_extension(parent, url);
}

/// Types of the contained resources that "name->" makes.
constexpr std::array kFollowed{std::pair{std::string_view("practitioner"), std::string_view("Practitioner")}};

Editor follow(Inbound& inbound, Editor at, std::string_view name) {
  Editor reference = at.ensure(name);
  Editor holder = at.edit(container_of(at));
  const auto target = reference["reference"].value();
  for (const Element inside : holder.each("contained"))
    if (target.starts_with("#") && inside["id"].value() == target.substr(1)) return holder.edit(inside);
  const auto type = std::ranges::find(kFollowed, name, [](const auto& row) { return row.first; });
  Editor made = inbound.add_contained(holder, type->second, name);
  reference.set("reference", "#" + std::string(made["id"].value()));
  return made;
}

struct Place {
  Editor parent;
  std::string_view name;
};

/// Where a row's value goes: all steps but the last are made when absent.
Place place(Inbound& inbound, const Row& row, Editor at) {
  auto path = row.fhir;
  while (!path.empty()) {
    const Step step = next_step(path);
    const bool last = path.empty();
    if (is_type(step.name)) {
      if (last) return {Editor{}, step.name};
      at = inbound.resource(step.name);
    } else if (step.follows) {
      at = follow(inbound, at, step.name);
    } else if (step.selects && step.name == "content") {
      const std::string name(last_step(row.message));
      Editor content = ensure_extension(at, extension_url("content"));
      if (row.message == kRest) return {content, {}};
      return {row.card == Card::many ? add_extension(content, name) : ensure_extension(content, name), {}};
    } else if (step.name == "extension") {
      const std::string url = url_of(step.selector);
      at = last && row.card == Card::many ? add_extension(at, url) : ensure_extension(at, url);
    } else if (step.selects) {
      at = ensure_section(at, step.selector);
    } else if (last) {
      return {at, step.name};
    } else {
      at = at.ensure(step.name);
    }
  }
  return {at, {}};
}

std::vector<Element> extensions(Element at, const std::string& url) {
  std::vector<Element> found;
  for (const Element candidate : at.each("extension"))
    if (candidate["url"].value() == url) found.push_back(candidate);
  return found;
}

/// The values a row speaks of, in order.
std::vector<Element> values(const Outbound& outbound, const Row& row, Element at) {
  auto path = row.fhir;
  while (!path.empty()) {
    const Step step = next_step(path);
    const bool last = path.empty();
    if (is_type(step.name)) {
      if (last) return outbound.all(step.name);
      at = outbound.resource(step.name);
    } else if (step.follows) {
      at = outbound.resolve(at[step.name]);
    } else if (step.selects && step.name == "content") {
      const Element content = at.extension(extension_url("content"));
      if (row.message != kRest) return extensions(content, std::string(last_step(row.message)));
      const auto all = content ? content.each("extension") : Element::Range({}, {});
      return {all.begin(), all.end()};
    } else if (step.name == "extension") {
      if (last) return extensions(at, url_of(step.selector));
      at = at.extension(url_of(step.selector));
    } else if (step.selects) {
      at = find_section(at, step.selector);
    } else if (last) {
      const auto each = at ? at.each(step.name) : Element::Range({}, {});
      return {each.begin(), each.end()};
    } else {
      at = at[step.name];
    }
    if (!at) return {};
  }
  return at ? std::vector{at} : std::vector<Element>{};
}

/// Hangs `made` below `out` at `path`; levels between are shared when they are the latest of their name.
void graft(XmlNode& out, std::string_view path, XmlNode made) {
  XmlNode* at = &out;
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    std::string_view level = path.substr(0, slash);
    const bool again = level.ends_with('*');  // this level repeats, not the last one
    if (again) level.remove_suffix(1);
    const auto existing =
        std::find_if(at->children.rbegin(), at->children.rend(), [&](const XmlNode& c) { return c.name == level; });
    if (again || existing == at->children.rend()) {
      at->children.push_back({});
      at->children.back().name = level;
      at = &at->children.back();
    } else {
      at = &*existing;
    }
    path.remove_prefix(slash + 1);
  }
  if (path.starts_with("@"))
    at->attributes.emplace_back(path.substr(1), std::move(made.text));
  else
    at->children.push_back(std::move(made));
}

/// Whether a row of the table speaks of that element, or of that attribute with its @.
bool takes(Rows rows, std::string_view name) {
  return std::ranges::any_of(rows, [&](const Row& row) {
    if (row.message.empty()) return takes(row.rows, name);
    auto first = row.message.substr(0, row.message.find('/'));
    if (first.ends_with('*') && first != kRest) first.remove_suffix(1);
    return first == name;
  });
}

/// What no other row of the table takes, each under its own name.
void read_rest(Inbound& inbound, Rows rows, const Row& row, const XmlNode& from, Editor at) {
  const auto keep = [&](const std::string& name) { return add_extension(place(inbound, row, at).parent, name); };
  for (const auto& [name, value] : from.attributes) {
    if (takes(rows, "@" + name) || value.empty()) continue;
    XmlNode attribute;
    attribute.text = value;
    keep_in(keep("@" + name), attribute);
  }
  for (const XmlNode& child : from.children)
    if (!takes(rows, child.name)) keep_in(keep(child.name), child);
}

/// The same, each element by the row's own conversion: as sections, which name the element.
void convert_rest(Inbound& inbound, Rows rows, const Row& row, const XmlNode& from, Editor at) {
  for (const XmlNode& child : from.children) {
    if (takes(rows, child.name)) continue;
    const Place to = place(inbound, row, at);
    row.how.to_fhir(inbound, row, child, to.parent, to.name);
  }
}

std::string_view element_code(Element section) {
  for (const Element coding : section["code"].each("coding"))
    if (coding["system"].value() == kElementSystem) return coding["code"].value();
  return {};
}

bool unconvert_rest(Outbound& outbound, Rows rows, const Row& row, Element from, XmlNode& out) {
  bool any = false;
  for (const Element section : values(outbound, row, from)) {
    XmlNode made;
    made.name = element_code(section);
    if (made.name.empty() || takes(rows, made.name) || !row.how.to_xml(outbound, row, section, made)) continue;
    out.children.push_back(std::move(made));
    any = true;
  }
  return any;
}

bool keeps(const Row& row) { return row.fhir.ends_with("content()"); }

bool write_rest(const Outbound& outbound, Rows rows, const Row& row, Element from, XmlNode& out) {
  bool any = false;
  for (const Element value : values(outbound, row, from)) {
    const std::string url(value["url"].value());
    XmlNode made;
    made.name = url;
    if (takes(rows, url) || !take_from(value, made)) continue;
    if (url.starts_with("@"))
      out.attributes.emplace_back(url.substr(1), made.text);
    else
      out.children.push_back(std::move(made));
    any = true;
  }
  return any;
}

std::string without_stars(std::string_view path) {
  std::string plain(path);
  std::erase(plain, '*');
  return plain;
}

}  // namespace

// --- to FHIR -------------------------------------------------------------------------------------------------------

void read(Inbound& inbound, Rows rows, const XmlNode& from, Editor at) {
  for (const Row& row : rows) {
    if (!row.how.to_fhir) continue;
    if (row.message == kRest) {
      keeps(row) ? read_rest(inbound, rows, row, from, at) : convert_rest(inbound, rows, row, from, at);
      continue;
    }
    const auto convert = [&](const XmlNode& node) {
      const Place to = place(inbound, row, at);
      row.how.to_fhir(inbound, row, node, to.parent, to.name);
    };
    if (row.message.starts_with("@")) {
      XmlNode attribute;
      attribute.text = from.attribute(row.message.substr(1));
      if (!attribute.text.empty()) convert(attribute);
    } else if (row.message.empty()) {
      convert(from);
    } else {
      for (const XmlNode* node : from.all(without_stars(row.message))) convert(*node);
    }
  }
}

// --- to the message ------------------------------------------------------------------------------------------------

bool write(Outbound& outbound, Rows rows, Element from, XmlNode& out) {
  bool any = false;
  for (const Row& row : rows) {
    if (!row.how.to_xml) continue;
    if (row.message.empty()) {  // the rows of another table
      const auto at = values(outbound, row, from);
      if (!at.empty()) any |= write(outbound, row.rows, at.front(), out);
      continue;
    }
    if (row.message == kRest) {
      any |= keeps(row) ? write_rest(outbound, rows, row, from, out) : unconvert_rest(outbound, rows, row, from, out);
      continue;
    }
    for (const Element value : values(outbound, row, from)) {
      XmlNode made;
      made.name = last_step(row.message);
      if (!row.how.to_xml(outbound, row, value, made)) continue;
      graft(out, row.message, std::move(made));
      any = true;
      if (row.card != Card::many) break;
    }
  }
  return any;
}

}  // namespace varde::mappings::rows
