#include "fhir-model/element/target.h"

#include "fhir-model/element/reference.h"

namespace varde::fhir {
namespace {

using Form = LiteralReference::Form;

std::string_view reference_text(Element reference) {
  return is_primitive(reference.type()) ? reference.value() : reference["reference"].value();
}

/// The resource around a place that is itself not contained.
Element container_of(Element at) {
  for (; at; at = at.parent())
    if (is_resource(at.type()) && at.name() != "contained") return at;
  return {};
}

Element contained(Element container, std::string_view id) {
  if (id.empty()) return container;
  for (const Element resource : container.each("contained"))
    if (resource["id"].value() == id) return resource;
  return {};
}

/// The Bundle's entry that holds this place, and the Bundle.
struct InBundle {
  Element entry = {}, bundle = {};
};
InBundle bundle_around(Element at) {
  InBundle out;
  for (; at; at = at.parent())
    if (at.type_name() == "Bundle.entry")
      out.entry = at;
    else if (at.type_name() == "Bundle" && out.entry)
      out.bundle = at;
  return out;
}

bool names(Element entry, std::string_view text, const LiteralReference& parsed, std::string_view base) {
  const std::string_view full_url = entry["fullUrl"].value();
  if (parsed.form != Form::relative) {
    if (!parsed.version.empty() && text.starts_with(full_url) && text.substr(full_url.size()).starts_with("/_history/"))
      return entry["resource"]["meta"]["versionId"].value() == parsed.version;
    return full_url == text;
  }
  const LiteralReference entry_names = parse_reference(full_url);
  if (entry_names.type != parsed.type || entry_names.id != parsed.id) return false;
  return base.empty() || entry_names.base == base;
}

Element in_bundle(Element reference, std::string_view text, const LiteralReference& parsed) {
  const auto [entry, bundle] = bundle_around(reference);
  if (!bundle) return {};
  const std::string_view base = parse_reference(entry["fullUrl"].value()).base;
  for (const Element candidate : bundle.each("entry"))
    if (candidate["resource"] && names(candidate, text, parsed, base)) return candidate["resource"];
  return {};
}

}  // namespace

Element target_of(std::string_view text, Element from) {
  if (text.empty()) return {};
  const LiteralReference parsed = parse_reference(text);
  return parsed.form == Form::fragment ? contained(container_of(from), parsed.id) : in_bundle(from, text, parsed);
}

Element target_of(Element reference) { return target_of(reference_text(reference), reference); }

}  // namespace varde::fhir
