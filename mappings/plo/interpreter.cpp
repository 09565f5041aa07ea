#include "mappings/plo/interpreter.h"

#include <algorithm>
#include <array>

#include "mappings/plo/digest.h"
#include "mappings/plo/names.h"

namespace varde::mappings::plo {
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
      return extensions(at.extension(extension_url("content")), std::string(last_step(row.message)));
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
      any |= write(outbound, row.rows, from, out);
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

// --- Inbound -------------------------------------------------------------------------------------------------------

Inbound::Inbound(const Message& m, fhir::Tree& bundle) : message(m), bundle_(bundle) {}

std::string Inbound::uuid_for(std::string_view key) const { return uuid_v5(message.id.text, key); }

Editor Inbound::resource(std::string_view type) {
  for (const auto& entry : entries_)
    if (entry.tag.empty() && entry.resource.type_name() == type) return entry.resource;
  return add_resource(type);
}

bool Inbound::has(std::string_view type) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.resource.type_name() == type; });
}

std::vector<Editor> Inbound::all(std::string_view type) const {
  std::vector<Editor> found;
  for (const auto& entry : entries_)
    if (entry.resource.type_name() == type) found.push_back(entry.resource);
  return found;
}

namespace {

/// What every resource of a type says: whose it is, and its status in a message that stands or is cancelled.
struct Manner {
  std::string_view type, patient, status, standing, cancelled;
};
// clang-format off
constexpr std::array kManners{
    //     type                   patient    status    standing       cancelled
    Manner{"Communication",       "subject", "status", "completed",   "entered-in-error"},
    Manner{"Composition",         "subject", "status", "final",       "entered-in-error"},
    Manner{"Encounter",           "subject", "status", "in-progress", "entered-in-error"},
    Manner{"ServiceRequest",      "subject", "status", "active",      "entered-in-error"},
    Manner{"Observation",         "subject", "status", "final",       "entered-in-error"},
    Manner{"MedicationStatement", "subject", "status", "active",      "entered-in-error"},
    Manner{"DocumentReference",   "subject", "status", "current",     "entered-in-error"},
    Manner{"Condition",           "subject", "",       "",            ""},
    Manner{"AllergyIntolerance",  "patient", "",       "",            ""},
    Manner{"RelatedPerson",       "patient", "",       "",            ""},
};
// clang-format on

/// Condition and AllergyIntolerance: withdrawn is a verification status, and then there is no clinical status.
void set_verification(Editor resource, bool cancelled) {
  const bool condition = resource.type_name() == "Condition";
  const std::string base =
      std::string("http://terminology.hl7.org/CodeSystem/") + (condition ? "condition" : "allergyintolerance");
  Editor coding = resource.add(cancelled ? "verificationStatus" : "clinicalStatus").add("coding");
  coding.add("system", base + (cancelled ? (condition ? "-ver-status" : "-verification") : "-clinical"));
  coding.add("code", cancelled ? "entered-in-error" : "active");
}

}  // namespace

Editor Inbound::add_resource(std::string_view type, std::string_view tag) {
  const auto earlier = std::ranges::count_if(entries_, [&](const auto& e) { return e.resource.type_name() == type; });
  const std::string url = "urn:uuid:" + uuid_for(std::string(type) + "/" + std::to_string(earlier));
  Editor entry = bundle_.edit().add("entry");
  entry.add("fullUrl", url);
  Editor made = entry.add_resource("resource", fhir::find_resource_type(type));
  entries_.push_back({made, url, std::string(tag)});
  if (!tag.empty()) {
    Editor coding = made.ensure("meta").add("tag");
    coding.add("system", kElementSystem);
    coding.add("code", tag);
  }
  if (const auto manner = std::ranges::find(kManners, type, &Manner::type); manner != kManners.end()) {
    if (!manner->status.empty()) made.add(manner->status, cancelled() ? manner->cancelled : manner->standing);
    refer(made, manner->patient, resource("Patient"));
  }
  if (type == "Condition" || type == "AllergyIntolerance") set_verification(made, cancelled());
  if (!tag.empty() && type != "Binary" && tag != "Document" && has("Composition")) {
    Editor section = ensure_section(resource("Composition"), tag.substr(0, tag.find('/')));
    refer(section, "entry", made);
  }
  return made;
}

Editor Inbound::add_contained(Editor container, std::string_view type, std::string_view id_stem) {
  Editor made = container.add_resource("contained", fhir::find_resource_type(type));
  made.add("id", std::string(id_stem) + "-" + std::to_string(++contained_));
  return made;
}

std::string Inbound::full_url(Element resource) const {
  for (const auto& entry : entries_)
    if (static_cast<Element>(entry.resource) == resource) return entry.full_url;
  return {};
}

void Inbound::refer(Editor parent, std::string_view name, Element target) const {
  parent.add(name).add("reference", full_url(target));
}

// --- Outbound -------------------------------------------------------------------------------------------------------

Outbound::Outbound(Element bundle) {
  for (const Element entry : bundle.each("entry"))
    if (const Element resource = entry["resource"]) entries_.push_back({entry["fullUrl"].value(), resource});
}

Element Outbound::resource(std::string_view type) const {
  for (const auto& entry : entries_)
    if (entry.resource.type_name() == type && tag_of(entry.resource).empty()) return entry.resource;
  return {};
}

std::vector<Element> Outbound::all(std::string_view type) const {
  std::vector<Element> found;
  for (const auto& entry : entries_)
    if (entry.resource.type_name() == type) found.push_back(entry.resource);
  return found;
}

std::string_view Outbound::full_url(Element resource) const {
  for (const auto& entry : entries_)
    if (entry.resource == resource) return entry.full_url;
  return {};
}

Element Outbound::resolve(Element reference) const {
  const auto target = reference["reference"].value();
  if (target.empty()) return {};
  if (target[0] == '#') {
    for (const Element inside : container_of(reference).each("contained"))
      if (inside["id"].value() == target.substr(1)) return inside;
    return {};
  }
  for (const auto& entry : entries_) {
    if (entry.full_url == target) return entry.resource;
    const auto slash = target.rfind('/');
    if (slash != std::string_view::npos && entry.resource["id"].value() == target.substr(slash + 1) &&
        target.substr(0, slash).ends_with(entry.resource.type_name()))
      return entry.resource;
  }
  return {};
}

// --- elements ------------------------------------------------------------------------------------------------------

void prune(Editor element) {
  const auto range = element.children();
  const std::vector<Element> children(range.begin(), range.end());
  for (const Element child : children) {
    prune(element.edit(child));
    const bool only_url = child.type_name() == "Extension" && !child["extension"] && !child.choice("value");
    const bool empty = !child.has_value() && child.children().empty();
    const bool resource = fhir::is_resource(child.type());
    if (!resource && (empty || only_url)) element.remove_child(child);
  }
}

void copy(Editor to, std::string_view name, Element source) {
  if (source) to.add_copy(name, source);
}

Element container_of(Element element) {
  while (element && !(fhir::is_resource(element.type()) && element.name() != "contained")) element = element.parent();
  return element;
}

Element find_section(Element parent, std::string_view code) {
  for (const Element section : parent.each("section"))
    for (const Element coding : section["code"].each("coding"))
      if (coding["system"].value() == kElementSystem && coding["code"].value() == code) return section;
  return {};
}

Editor ensure_section(Editor parent, std::string_view code) {
  if (const Element existing = find_section(parent, code)) return parent.edit(existing);
  Editor section = parent.add("section");
  section.add("title", label(code));
  Editor coding = section.add("code").add("coding");
  coding.add("system", kElementSystem);
  coding.add("code", code);
  return section;
}

std::string_view tag_of(Element resource) {
  for (const Element tag : resource["meta"].each("tag"))
    if (tag["system"].value() == kElementSystem) return tag["code"].value();
  return {};
}

}  // namespace varde::mappings::plo
