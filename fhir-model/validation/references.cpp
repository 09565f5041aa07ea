#include "fhir-model/validation/references.h"

#include <algorithm>

#include "fhir-model/element/reference.h"
#include "fhir-model/validation/primitive.h"
#include "fhir-model/validation/validation.h"

namespace varde::fhir {
namespace {

/// Type?query stands for a search that a transaction resolves, https://hl7.org/fhir/R4/http.html#trules
bool is_conditional(std::string_view text) {
  const std::size_t mark = text.find('?');
  return mark != std::string_view::npos && find_resource_type(text.substr(0, mark)) != TypeId::none;
}

bool in_transaction(Element at) {
  while (const Element up = at.parent()) at = up;
  const std::string_view type = at["type"].value();
  return at.type_name() == "Bundle" && (type == "transaction" || type == "batch");
}

/// Sorted by id; calls `report` for each element whose id came before.
template <class Report>
void each_duplicate(std::vector<Links::Named>& named, Report report) {
  std::ranges::stable_sort(named, {}, &Links::Named::id);
  for (std::size_t i = 1; i < named.size(); ++i)
    if (named[i].id == named[i - 1].id) report(named[i].element);
}

bool holds(const std::vector<Links::Named>& sorted, std::string_view id) {
  return std::ranges::binary_search(sorted, id, {}, &Links::Named::id);
}

bool is_inside(Element inner, Element outer) {
  for (; inner; inner = inner.parent())
    if (inner == outer) return true;
  return false;
}

/// dom-3: something refers to the contained resource, or it refers to its container.
bool is_linked(const Links::Named& contained, const Links& links) {
  return std::ranges::any_of(links.fragments, [&](const Links::Named& fragment) {
    if (fragment.id == contained.id) return true;
    return fragment.id.empty() && is_inside(fragment.element, contained.element);
  });
}

void check_contained_meta(Element contained, Findings& findings) {
  const Element meta = contained["meta"];
  for (const auto name : {"versionId", "lastUpdated"})
    if (const Element found = meta[name])
      findings.add(Fault::invariant, found,
                   "A contained resource has no version or time of its own (dom-4): leave it out.");
  if (const Element found = meta["security"])
    findings.add(Fault::invariant, found,
                 "A contained resource has no security label of its own (dom-5): leave it out.");
}

}  // namespace

void check_reference(Element reference, Links& links, Findings& findings) {
  using Form = LiteralReference::Form;
  const Element literal = reference["reference"];
  if (!literal.has_value()) return;
  const std::string_view text = literal.value();
  const LiteralReference parsed = parse_reference(text);
  if (parsed.form == Form::fragment) {
    links.fragments.push_back({parsed.id, literal});
    return;
  }
  if (!is_uri(text) || (parsed.form == Form::malformed && !is_conditional(text)))
    return findings.add(
        Fault::value_malformed, literal,
        "A reference is Type/id, an absolute URL, urn:uuid: or urn:oid:, or # and the id of a contained resource.");
  if (parsed.form == Form::malformed && !in_transaction(reference))
    return findings.add(
        Fault::value_malformed, literal,
        "A conditional reference (Type?query) stands only in a transaction or batch; here write Type/id.");
  const std::string_view type = reference["type"].value();
  if (parsed.type != TypeId::none && !type.empty() && find_resource_type(type) != TypeId::none &&
      find_resource_type(type) != parsed.type)
    findings.add(Fault::invariant, reference["type"], "Reference.type names another type than the reference itself.");
}

void check_links(Links& links, Findings& findings) {
  each_duplicate(links.contained, [&](Element again) {
    findings.add(Fault::invariant, again["id"], "Contained resources need ids of their own; this id stands twice.");
  });
  each_duplicate(links.ids, [&](Element again) {
    findings.add(Fault::invariant, again["id"], "An element's id is unique in its resource; this id stands twice.");
  });
  for (const Links::Named& fragment : links.fragments) {
    const bool reference = fragment.element.name() == "reference";
    if (reference && !fragment.id.empty() && !holds(links.contained, fragment.id))
      findings.add(Fault::reference_unresolved, fragment.element,
                   "No contained resource has the id that this reference names (ref-1).");
  }
  for (const Links::Named& contained : links.contained) {
    check_contained_meta(contained.element, findings);
    if (contained.id.empty())
      findings.add(Fault::required_missing, contained.element, "A contained resource needs an id to be referred to.",
                   {.below = "id"});
    else if (!is_linked(contained, links))
      findings.add(Fault::invariant, contained.element,
                   "A contained resource is referred to from its container, or refers to it (dom-3).");
  }
}

void check_full_url(Element entry, Findings& findings) {
  const Element full_url = entry["fullUrl"];
  if (!full_url.has_value()) return;
  if (!is_absolute_uri(full_url.value()))
    return findings.add(Fault::value_malformed, full_url, "fullUrl is an absolute URL, urn:uuid: or urn:oid:.");
  const LiteralReference parsed = parse_reference(full_url.value());
  const Element resource = entry["resource"];
  if (parsed.type == TypeId::none || !resource) return;
  const bool same_id = !resource["id"].has_value() || resource["id"].value() == parsed.id;
  if (parsed.type != resource.type() || !same_id)
    findings.add(Fault::invariant, full_url, "fullUrl ends with another type or id than those of the resource.");
}

}  // namespace varde::fhir
