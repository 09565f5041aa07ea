#include "fhir-model/validation/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>

#include "fhir-model/element/reference.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/primitive.h"

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

/// What dom-3 asks for: ids that are referred to, and which elements hold a "#" that refers to their container.
struct Linked {
  std::unordered_set<std::string_view> ids;
  std::unordered_set<std::uint32_t> holders;  ///< nodes

  explicit Linked(std::span<const Links::Named> fragments) {
    for (const auto& [id, element] : fragments)
      if (!id.empty())
        ids.insert(id);
      else
        for (Element at = element; at && holders.insert(at.node()).second;) at = at.parent();
  }
  bool holds(const Links::Named& contained) const {
    return ids.contains(contained.id) || holders.contains(contained.element.node());
  }
};

void check_contained_meta(Element contained, Findings& findings) {
  const Element meta = contained["meta"];
  for (const auto name : {"versionId", "lastUpdated"})
    if (const Element found = meta[name])
      findings.add(Fault::invariant, found,
                   "A contained resource has no version or time of its own (dom-4): leave it out.",
                   {.source = source_of("DomainResource", "dom-4")});
  if (const Element found = meta["security"])
    findings.add(Fault::invariant, found,
                 "A contained resource has no security label of its own (dom-5): leave it out.",
                 {.source = source_of("DomainResource", "dom-5")});
}

std::string any_of(std::span<const TypeId> types) {
  constexpr std::size_t kMostListed = 12;
  std::string out;
  for (std::size_t i = 0; i < types.size() && i < kMostListed; ++i) {
    if (i > 0) out += i + 1 == types.size() ? " or " : ", ";
    out += row_of(types[i]).name;
  }
  return types.size() > kMostListed ? out + " and other types" : out;
}

/// `type` is what the reference names; none when only fetching could tell.
void check_target(Element reference, Element told_at, TypeId type, Findings& findings) {
  const ElementRow* row = reference.definition();
  if (type == TypeId::none || row == nullptr) return;
  const auto allowed = target_types(*row);
  if (allowed.empty() || std::ranges::find(allowed, type) != allowed.end()) return;
  findings.add(Fault::invariant, told_at,
               fmt::format("{} refers to {}, not to {}.", row->name, any_of(allowed), row_of(type).name),
               {.source = source_of(*row)});
}

/// Reference.type names a type of R4, or by an absolute URL a logical model; the same as the reference does.
TypeId named_type(Element reference, TypeId by_text, Findings& findings) {
  const Element type = reference["type"];
  if (!type.has_value()) return by_text;
  const TypeId named = find_resource_type(type.value());
  if (named == TypeId::none) {
    if (!is_absolute_uri(type.value()))
      findings.add(Fault::code_invalid, type, "Reference.type is the name of a resource type, such as Patient.",
                   {.source = source_of("Reference", "Reference.type")});
    return by_text;
  }
  if (by_text != TypeId::none && by_text != named)
    findings.add(Fault::invariant, type, "Reference.type names another type than the reference itself.",
                 {.source = source_of("Reference", "Reference.type")});
  return by_text == TypeId::none ? named : by_text;
}

/// Type/uuid, where the Bundle has urn:uuid:uuid as another type: the two were meant to be the same.
void check_uuid(Element literal, const LiteralReference& parsed, const Entries& bundle, Findings& findings) {
  constexpr std::size_t kUuid = 36;
  if (parsed.id.size() != kUuid) return;
  const Element target = bundle.find("urn:uuid:" + std::string(parsed.id), {})["resource"];
  if (target && target.type() != parsed.type)
    findings.add(Fault::invariant, literal,
                 fmt::format("The Bundle's entry with this UUID is of type {}, not {}.", target.type_name(),
                             row_of(parsed.type).name),
                 {.source = "http://hl7.org/fhir/R4/bundle.html#references"});
}

/// Rows with rules of their own, found once.
struct UriRows {
  TypeId canonical = find_type("canonical");
  const ElementRow* coding_system = find_element(find_type("Coding"), "system");
  const ElementRow* identifier_system = find_element(find_type("Identifier"), "system");
  const ElementRow* extension_url = find_element(find_type("Extension"), "url");
};
const UriRows& uri_rows() {
  static const UriRows kRows;
  return kRows;
}

/// ref-1, and the type of the contained resource. A URI that starts with # may mean anything.
void check_fragment(const Links::Named& fragment, const Links& links, Findings& findings) {
  const bool reference = fragment.element.name() == "reference";
  if (fragment.id.empty() || (!reference && fragment.element.type_name() != "canonical")) return;
  const auto found = std::ranges::lower_bound(links.contained, fragment.id, {}, &Links::Named::id);
  if (found == links.contained.end() || found->id != fragment.id)
    return findings.add(Fault::reference_unresolved, fragment.element,
                        "No contained resource has the id that this reference names (ref-1).",
                        {.source = source_of("Reference", "ref-1")});
  if (reference)
    check_target(fragment.element.parent(), fragment.element,
                 named_type(fragment.element.parent(), found->element.type(), findings), findings);
}

}  // namespace

void check_reference(Element reference, Links& links, Findings& findings) {
  using Form = LiteralReference::Form;
  const Element literal = reference["reference"];
  if (!literal.has_value())
    return check_target(reference, reference, named_type(reference, TypeId::none, findings), findings);
  const std::string_view text = literal.value();
  const LiteralReference parsed = parse_reference(text);
  if (parsed.form == Form::fragment) {
    links.fragments.push_back({parsed.id, literal});
    return;
  }
  if (!is_uri(text) || (parsed.form == Form::malformed && !is_conditional(text)))
    return findings.add(
        Fault::value_malformed, literal,
        "A reference is Type/id, an absolute URL, urn:uuid: or urn:oid:, or # and the id of a contained resource.",
        {.source = source_of("Reference", "Reference.reference")});
  TypeId type = parsed.type;
  if (parsed.form == Form::malformed) {
    if (!in_transaction(reference))
      return findings.add(
          Fault::value_malformed, literal,
          "A conditional reference (Type?query) stands only in a transaction or batch; here write Type/id.",
          {.source = source_of("Reference", "Reference.reference")});
    type = find_resource_type(text.substr(0, text.find('?')));
  }
  if (type == TypeId::none && links.bundle != nullptr)
    if (const Element target = links.bundle->find(text, links.entry)["resource"]) type = target.type();
  check_target(reference, literal, named_type(reference, type, findings), findings);
  if (parsed.form == Form::relative && links.bundle != nullptr) check_uuid(literal, parsed, *links.bundle, findings);
}

void check_uri(Element uri, const ElementRow& row, Links& links, Findings& findings) {
  const std::string_view text = uri.value();
  if (text.front() == '#') links.fragments.push_back({text.substr(1), uri});
  if (is_absolute_uri(text)) return;
  // R4's own examples name a server's Questionnaire/1 here, and so do many senders.
  if (uri.type() == uri_rows().canonical && text.front() != '#')
    findings.add(Fault::value_malformed, uri,
                 "A canonical should be an absolute URL, or # and the id of a contained resource.",
                 {.source = source_of(row), .severity = Severity::warning});
  if (&row == uri_rows().coding_system || &row == uri_rows().identifier_system)
    findings.add(Fault::value_malformed, uri,
                 "A system should be an absolute URI: http:, urn:oid:, urn:uuid: or another that says who keeps it.",
                 {.source = source_of(row), .severity = Severity::warning});
  if (&row == uri_rows().extension_url && uri.parent().parent().type() != uri.parent().type())
    findings.add(Fault::value_malformed, uri, "The url of an extension is absolute, except inside another extension.",
                 {.source = source_of(row)});
}

void note_anchors(Element xhtml, Links& links) {
  const std::string_view text = xhtml.value();
  for (std::size_t at = text.find("=\"#"); at != std::string_view::npos; at = text.find("=\"#", at + 1)) {
    const std::string_view rest = text.substr(at + 3);
    links.fragments.push_back({rest.substr(0, rest.find('"')), xhtml});
  }
}

void check_links(Links& links, Findings& findings) {
  each_duplicate(links.contained, [&](Element again) {
    findings.add(Fault::invariant, again["id"], "Contained resources need ids of their own; this id stands twice.",
                 {.source = source_of("DomainResource", "DomainResource.contained")});
  });
  each_duplicate(links.ids, [&](Element again) {
    findings.add(Fault::invariant, again["id"], "An element's id is unique in its resource; this id stands twice.",
                 {.source = source_of("Element", "Element.id")});
  });
  for (const Links::Named& fragment : links.fragments) check_fragment(fragment, links, findings);
  const Linked linked(links.fragments);
  for (const Links::Named& contained : links.contained) {
    check_contained_meta(contained.element, findings);
    if (contained.id.empty())
      findings.add(Fault::required_missing, contained.element, "A contained resource needs an id to be referred to.",
                   {.below = "id", .source = source_of("DomainResource", "dom-3")});
    else if (!linked.holds(contained))
      findings.add(Fault::invariant, contained.element,
                   "A contained resource is referred to from its container, or refers to it (dom-3).",
                   {.source = source_of("DomainResource", "dom-3")});
  }
}

}  // namespace varde::fhir
