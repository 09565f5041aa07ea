/// The Bundle that rows read and write: its resources, and what rows ask of their elements.
#include "mappings/rows/interpreter.h"

#include <algorithm>
#include <array>
#include <memory>

#include "mappings/rows/digest.h"
#include "mappings/rows/names.h"

namespace varde::mappings::rows {

using fhir::Editor;
using fhir::Element;

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
    Manner{"DiagnosticReport",    "subject", "status", "final",       "entered-in-error"},
    Manner{"Specimen",            "subject", "status", "available",   "entered-in-error"},
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

Editor Inbound::add_made(Editor parent, std::string_view name, std::size_t most,
                         const std::function<std::size_t(char*)>& make) {
  auto text = std::make_unique_for_overwrite<char[]>(most);
  const std::string_view made{text.get(), make(text.get())};
  if (made.empty()) return {};
  bundle_.adopt(std::move(text), most);
  Editor added = parent.add(name, "");
  bundle_.set_text(added.node(), made);
  return added;
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

}  // namespace varde::mappings::rows
