#include "server/interaction/definitions.h"

#include <algorithm>
#include <charconv>

#include "fhir-model/json/json.h"
#include "fhir-model/package/package.h"
#include "fhir-model/time/span.h"
#include "server/interaction/answer.h"
#include "server/interaction/asking.h"
#include "server/interaction/definition_index.h"
#include "server/interaction/definitions_along.h"
#include "server/interaction/interactions.h"
#include "server/interaction/page_link.h"
#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/search/query.h"
#include "server/search/sorted.h"

namespace varde::interaction {
namespace {

using fhir::package::Definition;

constexpr std::string_view kOfLink = "definitions";  ///< what the sealed text of our links begins with

/// A code system's number is another here than in the store.
void renumber(search::Criterion& criterion, const DefinitionIndex& index) {
  for (auto& value : criterion.values)
    if (auto* token = std::get_if<search::TokenValue>(&value); token && token->system) {
      const auto symbol = index.symbol(*token->system);
      token->known = symbol.has_value(), token->symbol = symbol.value_or(0);
    }
  for (auto& parts : criterion.composites)
    for (auto& part : parts) renumber(part, index);
}

bool fits(const search::Query& query, const KnownDefinition& known) {
  storage::Candidate candidate;
  candidate.id = known.definition->id, candidate.updated = known.updated, candidate.entries = known.entries;
  return std::all_of(query.criteria.begin(), query.criteria.end(), [&](const search::Criterion& criterion) {
    return !criterion.stated && criterion.matches(candidate);
  });
}

std::vector<const KnownDefinition*> matches_of(search::Query& query, const DefinitionIndex& index, const View& view) {
  for (auto& criterion : query.criteria) renumber(criterion, index);
  std::vector<const KnownDefinition*> found;
  for (const KnownDefinition& known : index.all())
    if (fits(query, known) && !view.current(query.type, known.definition->id)) found.push_back(&known);
  return found;
}

/// The search that a link of ours goes on with, and where.
struct Continued {
  Parameters parameters;
  std::size_t from = 0;  ///< of R4's own
  std::string stored;  ///< the sealed place of those that are stored, while they last; behind a star: it needs the form
};

constexpr char kNeedsForm = '*';

PageLink link_to(const Request& request, const Continued& to, const Context& context) {
  const std::string address = request.base + "/" + std::string(fhir::row_of(request.type).name);
  const auto sealed = [&](const Parameters& parameters) {
    std::string plain(kOfLink);
    plain.append(" ").append(fhir::row_of(request.type).name).append(" ").append(std::to_string(to.from));
    plain.append(" ").append(to.stored).append(with_query(parameters));
    return "?_cursor=" + context.cursor_key.seal(plain);
  };
  PageLink out{address + sealed(to.parameters)};
  out.with_form = out.url.size() > context.limits.longest_link || to.stored.starts_with(kNeedsForm);
  if (out.with_form) out.url = address + "/_search" + sealed(digest_of(to.parameters));
  return out;
}

/// Nothing where the link is another's, who then says what is wrong with it.
Result<std::optional<Continued>> continued(const Request& request, const Context& context) {
  for (const auto& [name, value] : request.query) {
    if (name != "_cursor") continue;
    const auto plain = context.cursor_key.open(value);
    const std::string begin = std::string(kOfLink) + ' ' + std::string(fhir::row_of(request.type).name) + ' ';
    if (!plain || !plain->starts_with(begin)) return std::optional<Continued>();
    Continued out;
    std::string_view rest = std::string_view(*plain).substr(begin.size());
    const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), out.from);
    rest.remove_prefix(std::min(rest.size(), static_cast<std::size_t>(number.ptr - rest.data()) + 1));
    out.stored = rest.substr(0, rest.find('?'));
    rest.remove_prefix(std::min(rest.size(), out.stored.size() + 1));
    if (auto read = parse_form(rest); read && !rest.empty()) out.parameters = std::move(*read);
    if (!is_digest(out.parameters)) return std::optional(std::move(out));
    auto form = form_of(request, out.parameters);
    FHIR_TRY(form);
    out.parameters = std::move(*form);
    return std::optional(std::move(out));
  }
  return std::optional<Continued>();
}

void add_match(fhir::Editor bundle, std::string_view id, const std::string& whole, const search::Query& query,
               const Request& request) {
  const auto tree = fhir::parse_json(query.subset ? search::cut(whole, query.subset) : whole,
                                     {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::logic_error("a definition does not parse: " + std::string(id));
  auto entry = bundle.add("entry");
  entry.set("fullUrl", request.base + "/" + std::string(fhir::row_of(query.type).name) + "/" + std::string(id));
  entry.add_copy("resource", tree->root());
  entry.add("search").set("mode", "match");
}

void add_matches(fhir::Editor bundle, const std::vector<const KnownDefinition*>& found, std::size_t from,
                 std::size_t count, const search::Query& query, const Request& request) {
  for (std::size_t i = from; i < std::min(found.size(), from + count); ++i)
    add_match(bundle, found[i]->definition->id, fhir::package::json(*found[i]->definition), query, request);
}

Parameters asked_by(const Request& request) {
  Parameters out;
  for (const auto& one : request.query)
    if (one.first != "_cursor" && one.first != "_format" && one.first != "_pretty") out.push_back(one);
  return out;
}

Result<search::Query> query_of(const Request& request, const Parameters& parameters, const View& view, Terms& terms,
                               const Context& context) {
  const auto handling = prefers_lenient(request) ? search::Handling::lenient : search::Handling::strict;
  return search::parse_query(request.type, parameters, {}, asking_of(request, view, terms, context, handling));
}

/// The pages of what is stored leave room in our links for theirs.
Context with_shorter_links(const Context& context) {
  Context out = context;
  out.limits.longest_link /= 2;
  return out;
}

void tell_of_form(fhir::Editor bundle) {
  const auto outcome = fhir::parse_json(informational_outcome(kGoesOnByForm));
  auto entry = bundle.add("entry");
  entry.add_copy("resource", outcome->root());
  entry.add("search").set("mode", "outcome");
}

void add_link(fhir::Editor bundle, std::string_view relation, const std::string& url) {
  auto link = bundle.add("link");
  link.set("relation", relation);
  link.set("url", url);
}

/// Takes a link away, and gives its sealed place, behind a star where it needs the form; empty when there is none.
std::string take_link(fhir::Editor bundle, std::string_view relation) {
  for (const auto link : bundle.each("link")) {
    if (link["relation"].value() != relation) continue;
    const std::string_view url = link["url"].value();
    std::string sealed = url.find("/_search?") == std::string_view::npos ? "" : std::string(1, kNeedsForm);
    sealed += url.substr(std::min(url.size(), url.find("_cursor=") + 8));
    bundle.remove_child(link);
    return sealed;
  }
  return {};
}
/// To the next page. What is stored is gone through forward alone, for R4's own follow it.
std::string take_next(fhir::Editor bundle) {
  take_link(bundle, "previous");
  return take_link(bundle, "next");
}

/// One match of a search in an order: stored, or R4's.
struct Placed {
  search::Sorted place;
  const KnownDefinition* of_r4 = nullptr;
  fhir::Element stored = {};
};

search::Sorted place_of(const search::Query& query, const KnownDefinition& known, std::string_view id,
                        std::size_t number) {
  storage::Candidate candidate;
  candidate.key = static_cast<storage::ResourceKey>(number);
  candidate.id = id, candidate.updated = known.updated, candidate.entries = known.entries;
  return search::sorted_by(query, candidate);
}

/// All that is stored and fits, whole: few where definitions are concerned.
Result<fhir::Tree> all_stored(const Request& request, const Continued& asked, const View& view,
                              const Context& context) {
  Request inner = request;
  inner.query.clear();
  for (const auto& one : asked.parameters)
    if (one.first != "_count" && one.first != "_elements" && one.first != "_summary") inner.query.push_back(one);
  inner.query.emplace_back("_count", std::to_string(context.limits.longest_page));
  const auto stored = search_type(inner, view, context);
  FHIR_TRY(stored);
  auto read = fhir::parse_json(stored->body, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!read) throw std::logic_error("a page of ours does not parse");
  if (!take_next(read->edit()).empty())
    return fail(Fault::too_costly,
                "More are stored here than can be put in one order with R4's own. Narrow the search, or leave out "
                "_sort.",
                "_sort");
  return std::move(*read);
}

/// A page of both in the order asked for.
Result<Response> sorted_page(const Request& request, const Continued& asked, const View& view, const Context& context,
                             const search::Query& query, const std::vector<const KnownDefinition*>& found) {
  auto all = all_stored(request, asked, view, context);
  FHIR_TRY(all);
  DefinitionIndex stored(request.base, view.zone());
  std::vector<Placed> placed;
  for (const auto entry : all->root().each("entry"))
    if (entry["search"]["mode"].value() == "match") stored.add(entry["resource"], nullptr);
  std::size_t number = 0;
  for (const auto entry : all->root().each("entry"))
    if (entry["search"]["mode"].value() == "match") {
      const auto resource = entry["resource"];
      placed.push_back({place_of(query, stored.all()[number], resource["id"].value(), number), nullptr, resource});
      ++number;
    }
  for (const KnownDefinition* one : found)
    placed.push_back({place_of(query, *one, one->definition->id, number++), one});
  std::ranges::sort(placed, search::Before{query.sort}, &Placed::place);

  fhir::Tree tree = fhir::Tree::of("Bundle");
  auto bundle = tree.edit();
  bundle.set("type", "searchset");
  if (query.total || asked.from == 0) bundle.set("total", std::to_string(placed.size()));
  const std::string address = request.base + "/" + std::string(fhir::row_of(request.type).name);
  add_link(bundle, "self",
           asked.from == 0 ? address + with_query(asked.parameters) : link_to(request, asked, context).url);
  const std::size_t until = std::min(placed.size(), asked.from + query.count);
  bool goes_on_by_form = false;
  if (until < placed.size()) {
    const PageLink next = link_to(request, {asked.parameters, until, {}}, context);
    add_link(bundle, "next", next.url);
    goes_on_by_form = next.with_form;
  }
  for (std::size_t i = std::min(asked.from, until); i < until; ++i)
    if (const Placed& one = placed[i]; one.of_r4)
      add_match(bundle, one.of_r4->definition->id, fhir::package::json(*one.of_r4->definition), query, request);
    else
      add_match(bundle, one.stored["id"].value(), fhir::to_json(one.stored), query, request);
  if (asked.from == 0)
    for (const auto entry : all->root().each("entry"))
      if (entry["search"]["mode"].value() != "match") bundle.add_copy("entry", entry);
  if (goes_on_by_form) tell_of_form(bundle);
  FHIR_TRY(add_along(bundle, query, request, view));
  return answer_with(tree.root());
}

/// A page of what is stored, or as much of it as there is, and then of ours.
Result<Response> page_of(const Request& request, const Continued& asked, bool is_first, const View& view,
                         const Context& context) {
  Terms terms(view, request.base);
  auto query = query_of(request, asked.parameters, view, terms, context);
  FHIR_TRY(query);
  if (!query->sort.empty() && !query->count_only) {
    const auto found = matches_of(*query, index_of(request.type, request.base, view.zone()), view);
    return sorted_page(request, asked, view, context, *query, found);
  }
  fhir::Tree tree = fhir::Tree::of("Bundle");
  if (is_first || !asked.stored.empty()) {
    Request inner = request;
    const bool needs_form = asked.stored.starts_with(kNeedsForm);
    if (!is_first) {
      inner.query = needs_form ? asked.parameters : Parameters();
      inner.query.emplace_back("_cursor", asked.stored.substr(needs_form ? 1 : 0));
    }
    const auto stored = search_type(inner, view, with_shorter_links(context));
    FHIR_TRY(stored);
    auto read = fhir::parse_json(stored->body, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
    if (!read) throw std::logic_error("a page of ours does not parse");
    tree = std::move(*read);
  } else {
    tree.edit().set("type", "searchset");
    add_link(tree.edit(), "self", link_to(request, asked, context).url);
  }
  const auto found = matches_of(*query, index_of(request.type, request.base, view.zone()), view);
  auto bundle = tree.edit();
  if (const fhir::Element total = bundle["total"])
    bundle.set("total", std::to_string(std::stoull(std::string(total.value())) + found.size()));
  if (query->count_only) return answer_with(tree.root());
  Continued next{asked.parameters, asked.from, take_next(bundle)};
  std::size_t sent = 0;
  for (const auto entry : bundle.each("entry")) sent += entry["search"]["mode"].value() == "match" ? 1 : 0;
  const std::size_t room = next.stored.empty() ? query->count - std::min(query->count, sent) : 0;
  next.from += room;
  if (!next.stored.empty() || next.from < found.size()) {
    const PageLink link = link_to(request, next, context);
    add_link(bundle, "next", link.url);
    if (link.with_form && !next.stored.starts_with(kNeedsForm)) tell_of_form(bundle);
  }
  add_matches(bundle, found, asked.from, room, *query, request);
  FHIR_TRY(add_along(bundle, *query, request, view));
  return answer_with(tree.root());
}

}  // namespace

std::optional<storage::Version> definition_of(fhir::TypeId type, std::string_view id) {
  const Definition* found = fhir::package::find(type, id);
  if (!found) return std::nullopt;
  storage::Version out;
  out.type = type, out.id = found->id, out.version = 1;
  std::string json = fhir::package::json(*found);
  const auto tree = fhir::parse_json(json, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::logic_error("a definition of R4's does not parse: " + std::string(id));
  out.updated = written_at(tree->root());
  out.bytes = std::move(json);
  return out;
}

Result<Response> search_with_definitions(const Request& request, const View& view, const Context& context) {
  if (request.type == fhir::TypeId::none || fhir::package::definitions(request.type).empty())
    return search_type(request, view, context);
  const auto link = continued(request, context);
  FHIR_TRY(link);
  if (*link) return page_of(request, **link, false, view, context);
  return page_of(request, {asked_by(request), 0, {}}, true, view, context);
}

}  // namespace varde::interaction
