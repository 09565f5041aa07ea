/// search: https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html
#include <algorithm>
#include <chrono>

#include "server/access/rules.h"
#include "server/interaction/answer.h"
#include "server/interaction/asking.h"
#include "server/interaction/bundle.h"
#include "server/interaction/interactions.h"
#include "server/interaction/page_link.h"
#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/search/find.h"
#include "server/search/past.h"
#include "server/storage/search/past.h"

namespace varde::interaction {
namespace {

using fhir::TypeId;
using search::Direction;

const TypeId kAuditEvent = fhir::find_type("AuditEvent");

std::string ignored_outcome(const search::Query& query) {
  std::string text = "These parameters are not supported and were ignored: ";
  for (std::size_t i = 0; i < query.ignored.size(); ++i) {
    // Names come from outside; only those that look like names are repeated.
    const std::string& name = query.ignored[i];
    text += i > 0 ? ", " : "";
    text +=
        name.size() <= 64 && name.find_first_of("0123456789 ") == std::string::npos ? name : std::string("(unnamed)");
  }
  text += ". Supported: " + search::parameters_of(query.type).codes() + ".";
  std::string out =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"warning\",\"code\":\"not-supported\"";
  append_json_member(out, "diagnostics", text);
  return out += "}]}";
}

/// The pages before and after this one.
struct Neighbours {
  PageLink previous, next;
};

/// Where the page after this one begins; nothing: this was the last.
std::optional<Place> place_after(const Asked& asked, const search::Query& query, const search::Found& found) {
  const bool forward = asked.place.direction == Direction::forward;
  const std::size_t sent = forward ? asked.place.sent + found.hits.size() : asked.place.sent;
  if (found.included_next) {
    Place out = asked.place;
    out.included_from = *found.included_next;
    return out;
  }
  if (!found.next || sent >= query.most_results) return std::nullopt;
  return Place{.mark = found.next, .sent = sent};
}

/// Where the page before this one ends; nothing: this was the first. What a page's matches name, and found no room on
/// it, comes after the matches.
std::optional<Place> place_before(const Asked& asked, const search::Found& found) {
  if (!asked.is_link) return std::nullopt;
  if (asked.place.included_from > 0) {
    Place out = asked.place;
    out.included_from = 0;
    return out;
  }
  if (!found.previous || (!asked.place.mark && asked.place.direction == Direction::forward)) return std::nullopt;
  const bool forward = asked.place.direction == Direction::forward;
  const std::size_t sent =
      forward ? asked.place.sent : asked.place.sent - std::min(asked.place.sent, found.hits.size());
  return Place{.mark = found.previous, .direction = Direction::backward, .sent = sent};
}

std::string bundle_of(const Request& request, const Asked& asked, const search::Query& query,
                      const search::Found& found, const Neighbours& pages, std::string_view told,
                      const Context& context) {
  BundleText bundle("searchset");
  if (asked.total)
    bundle.total(*asked.total);
  else if (!asked.is_link && !found.next)
    bundle.total(found.hits.size());  // known without counting
  bundle.link("self", self_link(request, asked, query.used, context));
  if (!pages.previous.url.empty()) bundle.link("previous", pages.previous.url);
  if (!pages.next.url.empty()) bundle.link("next", pages.next.url);
  std::string url;
  std::size_t prefix = 0;
  TypeId before = TypeId::none;
  const auto add = [&](const search::Hit& hit, std::string_view mode) {
    if (hit.type != before) {
      url = request.base + "/", url.append(fhir::row_of(hit.type).name).append("/");
      prefix = url.size(), before = hit.type;
    }
    url.resize(prefix), url += hit.id;
    if (query.subset && mode == "match")
      bundle.entry({.full_url = url, .resource = search::cut(hit.bytes, query.subset), .search_mode = mode});
    else
      bundle.entry({.full_url = url, .resource = hit.bytes, .search_mode = mode});
  };
  if (asked.place.included_from == 0)
    for (const search::Hit& hit : found.hits) add(hit, "match");
  for (const search::Hit& one : found.included) add(one, "include");
  if (!query.ignored.empty()) bundle.entry({.resource = ignored_outcome(query), .search_mode = "outcome"});
  if (!told.empty()) bundle.entry({.resource = informational_outcome(told), .search_mode = "outcome"});
  if (pages.next.with_form) bundle.entry({.resource = informational_outcome(kGoesOnByForm), .search_mode = "outcome"});
  return std::move(bundle).finish();
}

void note(const View& view, const Asked& asked, const search::Found& found) {
  if (!view.notes()) return;
  const auto add = [&](const search::Hit& hit) {
    view.notes()->push_back({'R', hit.type, hit.id, hit.version, hit.patient});
  };
  if (asked.place.included_from == 0) std::ranges::for_each(found.hits, add);
  std::ranges::for_each(found.included, add);
}

/// AuditEvents are kept elsewhere, and searched by themselves.
search::MayBeSearched may_be_searched(const Request& request) {
  return [&request](TypeId type) -> Result<void> {
    if (type == kAuditEvent)
      return fail(Fault::not_supported, "AuditEvents are searched by themselves: AuditEvent?...", "_type");
    return access::admit(*request.principal, {"GET", "{type}", type, {}});
  };
}

Result<std::vector<search::Query>> queries_of(const Request& request, const Asked& asked,
                                              const search::Asking& asking) {
  if (request.type == TypeId::none)
    return search::parse_queries(asked.parameters, asked.compartment, may_be_searched(request), asking);
  auto one = search::parse_query(request.type, asked.parameters, asked.compartment, asking);
  FHIR_TRY(one);
  std::vector<search::Query> out;
  out.push_back(std::move(*one));
  return out;
}

std::string explanation(const std::vector<search::Query>& queries, const search::Found& found, const View& view,
                        std::chrono::steady_clock::time_point began) {
  if (!queries.front().explained) return {};
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  std::string out = std::to_string(found.hits.size()) + " matches and " + std::to_string(found.included.size()) +
                    " included on this page in " + std::to_string(took.count()) + " microseconds";
  constexpr std::size_t kMostTold = 8;
  for (std::size_t i = 0; i < std::min(queries.size(), kMostTold); ++i)
    out += "\n" + search::explained(queries[i], view);
  return out;
}

/// What is asked of other resources by a condition, which knows what they are now alone.
bool asks_of_changed(const storage::Condition& condition, const search::Past& past) {
  return (condition.other != TypeId::none && past.is_any(condition.other)) ||
         std::ranges::any_of(condition.parts, [&](const auto& part) { return asks_of_changed(part, past); });
}

/// Whether something was changed that a statement would answer by what it is now.
bool needs_lists(const std::vector<search::Query>& queries, const search::Past& past) {
  const auto needs = [&](const search::Query& query, const search::Criterion& criterion) {
    return criterion.stated && (past.is_any(query.type) || asks_of_changed(*criterion.stated, past));
  };
  return std::ranges::any_of(queries, [&](const search::Query& query) {
    return std::ranges::any_of(query.criteria, [&](const auto& criterion) { return needs(query, criterion); });
  });
}

/// As every version is indexed that is stored.
std::string entries_of(const storage::Version& version, const View& view) {
  const fhir::Tree tree = View::tree(version);
  storage::IndexRows rows;
  view.store().index(tree.root(), view, rows);
  std::string out;
  storage::encode_entries(rows, view, out);
  return out;
}

/// The moment that all pages show: of the newest that what was read may hold.
storage::Instant moment_of(const std::vector<search::Query>& queries, const View& view) {
  const search::Query& query = queries.front();
  const auto is_of_others = [](const auto& parameter) {
    return parameter.first.find('.') != std::string::npos || parameter.first.starts_with("_has") ||
           parameter.first == "_filter" || parameter.first == "_list";
  };
  const bool is_of_one_type =
      queries.size() == 1 && query.includes.empty() && std::ranges::none_of(query.used, is_of_others);
  return is_of_one_type ? storage::newest(view, query.type) : storage::newest(view);
}

/// Of a page that is not the first: the queries of its moment.
Result<std::vector<search::Query>> queries_then(const Request& request, const Asked& asked, search::Asking asking,
                                                const search::Past& past) {
  asking.past = &past;
  auto queries = queries_of(request, asked, asking);
  if (!queries || !needs_lists(*queries, past)) return queries;
  asking.lists = true;
  auto listed = queries_of(request, asked, asking);
  FHIR_TRY(listed);
  for (std::size_t i = 0; i < std::min(queries->size(), listed->size()); ++i)
    for (std::size_t j = 0; j < (*listed)[i].criteria.size(); ++j)
      (*listed)[i].criteria[j].went_by_key = (*queries)[i].criteria[j].stated != nullptr;
  return listed;
}

void tell_page(const Asked& asked, search::Query& query) {
  query.included_from = asked.place.included_from;
  if (asked.total) query.total = false;
  if (query.most_results != SIZE_MAX && asked.place.direction == Direction::forward)
    query.count = std::min(query.count, query.most_results - asked.place.sent);
}

Neighbours neighbours_of(const Request& request, const Asked& asked, const search::Query& query,
                         const search::Found& found, const Context& context) {
  Neighbours out;
  if (const auto place = place_before(asked, found))
    out.previous = link_to(request, asked, query.used, *place, context);
  if (const auto place = place_after(asked, query, found))
    out.next = link_to(request, asked, query.used, *place, context);
  return out;
}

Result<Response> search_in(const Request& request, const search::Compartment& compartment, const View& view,
                           const Context& context) {
  const auto began = std::chrono::steady_clock::now();
  auto asked = ask(request, compartment, context);
  FHIR_TRY(asked);
  Terms terms(view, request.base);
  const search::Asking asking = asking_of(request, view, terms, context, asked->handling);
  std::optional<search::Past> past;
  if (asked->moment)
    past.emplace(view, *asked->moment, view.restriction(),
                 [&view](const storage::Version& version) { return entries_of(version, view); });
  auto queries = past ? queries_then(request, *asked, asking, *past) : queries_of(request, *asked, asking);
  FHIR_TRY(queries);
  for (search::Query& query : *queries) tell_page(*asked, query);
  auto found =
      search::find_several(*queries, view, asked->place.mark ? &*asked->place.mark : nullptr, asked->place.direction);
  FHIR_TRY(found);
  if (past) FHIR_TRY(past->within());
  const search::Query& query = queries->front();
  if (found->total) asked->total = found->total;
  if (!asked->moment && place_after(*asked, query, *found)) asked->moment = moment_of(*queries, view);
  note(view, *asked, *found);
  Response out;
  out.body = bundle_of(request, *asked, query, *found, neighbours_of(request, *asked, query, *found, context),
                       explanation(*queries, *found, view, began), context);
  return out;
}

}  // namespace

Result<Response> search_type(const Request& request, const View& view, const Context& context) {
  return search_in(request, {}, view, context);
}

Result<Response> search_compartment(const Request& request, const View& view, const Context& context) {
  return search_in(request, {fhir::find_resource_type(request.path.front()), request.id}, view, context);
}

}  // namespace varde::interaction
