#include "fhir-model/validation/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "fhir-model/element/reference.h"
#include "fhir-model/validation/document.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/primitive.h"

namespace varde::fhir {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

std::string bundle_rule(std::string_view key) { return source_of("Bundle", key); }

/// Patient/1/_history/2 -> Patient/1
std::string_view without_version(std::string_view url) { return url.substr(0, url.find("/_history/")); }

void check_full_url(const Entries& entries, Element entry, Findings& findings) {
  const Element full_url = entry["fullUrl"], resource = entry["resource"];
  if (!full_url.has_value()) {
    const bool identity = is_one_of(entries.bundle_type(), {"document", "message"});  // found by it inside
    const bool wanted = identity || is_one_of(entries.bundle_type(), {"collection", "searchset"});
    if (wanted && resource && resource.type_name() != "OperationOutcome")
      findings.add(Fault::required_missing, entry,
                   "An entry has a fullUrl, the identity of its resource (urn:uuid: when it has no other); only "
                   "transactions and batches may do without.",
                   {.below = "fullUrl",
                    .source = bundle_rule("Bundle.entry.fullUrl"),
                    .severity = identity ? Severity::error : Severity::warning});
    return;
  }
  if (!is_absolute_uri(full_url.value()))
    return findings.add(Fault::value_malformed, full_url, "fullUrl is an absolute URL, urn:uuid: or urn:oid:.",
                        {.source = bundle_rule("Bundle.entry.fullUrl")});
  const LiteralReference parsed = parse_reference(full_url.value());
  if (parsed.type == TypeId::none || !resource) return;
  const Element id = resource["id"];
  // A transaction may name a resource that is yet to be created.
  const bool may_lack_id = is_one_of(entries.bundle_type(), {"transaction", "batch"});
  const bool same_id = id.has_value() ? id.value() == parsed.id : may_lack_id;
  if (parsed.type != resource.type() || !same_id)
    findings.add(Fault::invariant, full_url,
                 "A fullUrl that looks like a server's URL ends with the type and id of the resource.",
                 {.source = bundle_rule("Bundle.entry.fullUrl")});
}

void check_request(const Entries& entries, Element entry, Findings& findings) {
  const std::string_view type = entries.bundle_type();
  if (bool(entry["request"]) != is_one_of(type, {"batch", "transaction", "history"}))
    findings.add(Fault::invariant, entry,
                 "Every entry of a batch, transaction or history has a request, and no other entry has one (bdl-3).",
                 {.source = bundle_rule("bdl-3")});
  if (bool(entry["response"]) != is_one_of(type, {"batch-response", "transaction-response", "history"}))
    findings.add(Fault::invariant, entry,
                 "Every entry of a batch-response, transaction-response or history has a response, and no other "
                 "entry has one (bdl-4).",
                 {.source = bundle_rule("bdl-4")});
  const std::string_view method = entry["request"]["method"].value();
  const std::string_view url = entry["request"]["url"].value();
  const bool stores = url.find('$') == std::string_view::npos && url.find("/_search") == std::string_view::npos;
  if (is_one_of(type, {"batch", "transaction"}) && is_one_of(method, {"POST", "PUT"}) && !entry["resource"] && stores)
    findings.add(Fault::required_missing, entry, "An entry whose method is POST or PUT holds the resource to store.",
                 {.below = "resource", .source = bundle_rule("Bundle.entry.resource")});
}

/// bdl-7, told at the second of the two.
void check_identities(const Entries& entries, Findings& findings) {
  if (entries.bundle_type() == "history") return;
  std::vector<std::pair<Entries::Named, std::string_view>> identities;
  for (const Entries::Named& named : entries.by_url())
    identities.emplace_back(named, named.entry["resource"]["meta"]["versionId"].value());
  const auto key = [](const auto& identity) { return std::pair(identity.first.url, identity.second); };
  std::ranges::stable_sort(identities, {}, key);
  for (std::size_t i = 1; i < identities.size(); ++i)
    if (key(identities[i - 1]) == key(identities[i]))
      findings.add(Fault::invariant, identities[i].first.entry,
                   "fullUrl is unique in a Bundle, or the entries differ in meta.versionId (bdl-7).",
                   {.source = bundle_rule("bdl-7")});
}

/// https://hl7.org/fhir/R4/http.html#paging: a page has one next page.
void check_bundle_links(Element bundle, Findings& findings) {
  std::vector<std::string_view> seen;
  for (const Element link : bundle.each("link")) {
    const std::string_view relation = link["relation"].value();
    if (!is_one_of(relation, {"self", "first", "previous", "prev", "next", "last"})) continue;
    if (std::ranges::find(seen, relation) != seen.end())
      findings.add(Fault::invariant, link, "Each of self, first, previous, next and last is linked at most once.",
                   {.source = bundle_rule("Bundle.link")});
    else
      seen.push_back(relation);
  }
}

}  // namespace

Entries::Entries(Element bundle) : bundle_(bundle) {
  for (const Element entry : bundle.each("entry"))
    if (const Element url = entry["fullUrl"]; url.has_value()) by_url_.push_back({url.value(), entry});
  std::ranges::stable_sort(by_url_, {}, &Named::url);
}

Element Entries::find(std::string_view reference, Element from) const {
  using Form = LiteralReference::Form;
  const LiteralReference parsed = parse_reference(reference);
  std::string joined;
  std::string_view url = reference;
  if (parsed.form == Form::relative) {
    const std::string_view base = parse_reference(from["fullUrl"].value()).base;
    if (base.empty()) return {};
    joined.append(base).append("/").append(without_version(reference));
    url = joined;
  } else if (!parsed.version.empty()) {
    url = without_version(reference);
  }
  url = url.substr(0, url.find('#'));
  for (auto found = std::ranges::lower_bound(by_url_, url, {}, &Named::url);
       found != by_url_.end() && found->url == url; ++found)
    if (parsed.version.empty() || found->entry["resource"]["meta"]["versionId"].value() == parsed.version)
      return found->entry;
  return {};
}

void check_entries(const Entries& entries, Findings& findings) {
  for (const Element entry : entries.bundle().each("entry")) {
    if (findings.full()) return;
    check_full_url(entries, entry, findings);
    check_request(entries, entry, findings);
    if (entry["search"] && entries.bundle_type() != "searchset")
      findings.add(Fault::invariant, entry, "entry.search stands only in a searchset (bdl-2).",
                   {.source = bundle_rule("bdl-2")});
  }
  check_identities(entries, findings);
  check_bundle_links(entries.bundle(), findings);
  if (entries.bundle_type() == "document") check_document(entries, findings);
}

}  // namespace varde::fhir
