/// search: https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/interactions.h"
#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/search/find.h"

namespace varde::interaction {
namespace {

using search::Handling;

/// What a sealed link says: the search, and where its last page ended.
struct Asked {
  std::string compartment;
  Parameters parameters;
  Handling handling = Handling::strict;
  std::optional<search::Mark> after;
};

void pack(std::string& out, std::string_view text) {
  out += std::to_string(text.size()) + ":";
  out += text;
}

std::optional<std::string> unpack(std::string_view& in) {
  const std::size_t colon = in.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t size = 0;
  for (const char c : in.substr(0, colon)) size = size * 10 + static_cast<std::size_t>(c - '0');
  if (size > in.size() - colon - 1) return std::nullopt;
  std::string out(in.substr(colon + 1, size));
  in.remove_prefix(colon + 1 + size);
  return out;
}

std::string link(const Request& request, const Asked& asked, const Parameters& used, const search::Mark* mark,
                 const Context& context) {
  std::string plain;
  pack(plain, fhir::row_of(request.type).name);
  pack(plain, asked.compartment);
  pack(plain, asked.handling == Handling::lenient ? "lenient" : "strict");
  pack(plain, mark ? mark->encode() : std::string());
  for (const auto& [name, value] : used) pack(plain, name), pack(plain, value);
  return request.base + "/" + std::string(fhir::row_of(request.type).name) +
         "?_cursor=" + context.cursor_key.seal(plain);
}

Result<Asked> from_link(const Request& request, std::string_view sealed, const Context& context) {
  auto plain = context.cursor_key.open(sealed);
  FHIR_TRY(plain);
  std::string_view in = *plain;
  const auto type = unpack(in), compartment = unpack(in), handling = unpack(in), mark = unpack(in);
  if (!mark || *type != fhir::row_of(request.type).name)
    return fail(Fault::parameter_malformed, "This page link belongs to another type.", "_cursor");
  Asked out{*compartment, {}, *handling == "lenient" ? Handling::lenient : Handling::strict, {}};
  if (!mark->empty()) out.after = search::Mark::decode(*mark);
  while (!in.empty()) {
    auto name = unpack(in), value = unpack(in);
    if (!name || !value) break;
    out.parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

Result<Asked> ask(const Request& request, std::string_view compartment, const Context& context) {
  for (const auto& [name, value] : request.query)
    if (name == "_cursor") {
      for (const auto& [other, unused] : request.query)
        if (other != "_cursor" && other != "_format" && other != "_pretty")
          return fail(Fault::parameter_malformed, "A page link is used as it is, without further parameters.",
                      "_cursor");
      return from_link(request, value, context);
    }
  return Asked{
      std::string(compartment), request.query, prefers_lenient(request) ? Handling::lenient : Handling::strict, {}};
}

/// A search that came by POST may hold an identity number, and URLs are logged: its own link is sealed too.
std::string self_link(const Request& request, const Asked& asked, const search::Query& query, const Context& context) {
  if (request.method == "POST" || asked.after || (!request.query.empty() && request.query[0].first == "_cursor"))
    return link(request, asked, query.used, asked.after ? &*asked.after : nullptr, context);
  std::string out = request.base + "/";
  if (!asked.compartment.empty()) out += "Patient/" + asked.compartment + "/";
  out += fhir::row_of(request.type).name;
  return out + with_query(query.used);
}

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

/// A search that came by POST may be longer than a URL can carry, and what comes after the page must not be lost.
Result<std::string> next_link(const Request& request, const Asked& asked, const search::Query& query,
                              const search::Mark& mark, const Context& context) {
  std::string out = link(request, asked, query.used, &mark, context);
  if (out.size() <= context.limits.longest_link) return out;
  return fail(Fault::too_large,
              "More resources match than a page takes, and this search is too long for the link to the next page. Ask "
              "for fewer values at a time, sort by a shorter text, or ask for a greater _count.",
              "_count");
}

std::string bundle_of(const Request& request, const Asked& asked, const search::Query& query,
                      const search::Found& found, std::string_view next, const Context& context) {
  BundleText bundle("searchset");
  if (found.total)
    bundle.total(*found.total);
  else if (!asked.after && !found.next)
    bundle.total(found.hits.size());  // known without counting
  bundle.link("self", self_link(request, asked, query, context));
  if (!next.empty()) bundle.link("next", next);
  std::string url = request.base + "/" + std::string(fhir::row_of(query.type).name) + "/";
  const std::size_t prefix = url.size();
  for (const search::Hit& hit : found.hits) {
    url.resize(prefix), url += hit.id;
    if (query.subset)
      bundle.entry({.full_url = url, .resource = search::cut(hit.bytes, query.subset), .search_mode = "match"});
    else
      bundle.entry({.full_url = url, .resource = hit.bytes, .search_mode = "match"});
  }
  for (const search::Included& one : found.included) {
    const std::string full = request.base + "/" + std::string(fhir::row_of(one.type).name) + "/" + one.hit.id;
    bundle.entry({.full_url = full, .resource = one.hit.bytes, .search_mode = "include"});
  }
  if (!query.ignored.empty()) bundle.entry({.resource = ignored_outcome(query), .search_mode = "outcome"});
  if (found.included_cut)
    bundle.entry(
        {.resource = informational_outcome("More resources were to be included than a page may carry; ask for a "
                                           "smaller _count."),
         .search_mode = "outcome"});
  return std::move(bundle).finish();
}

Result<Response> search_in(const Request& request, std::string_view compartment, const View& view,
                           const Context& context) {
  auto asked = ask(request, compartment, context);
  FHIR_TRY(asked);
  Terms terms(view, request.base);
  auto query = search::parse_query(request.type, asked->parameters, asked->compartment,
                                   {.snapshot = view,
                                    .base = request.base,
                                    .now = view.now(),
                                    .handling = asked->handling,
                                    .concepts = &terms,
                                    .restriction = view.restriction(),
                                    .default_count = context.limits.default_count,
                                    .longest_page = context.limits.longest_page,
                                    .page_bytes = context.limits.page_bytes});
  FHIR_TRY(query);
  auto found = search::find(*query, view, asked->after ? &*asked->after : nullptr);
  FHIR_TRY(found);
  auto next = found->next ? next_link(request, *asked, *query, *found->next, context) : Result<std::string>();
  FHIR_TRY(next);
  if (view.notes()) {
    for (const search::Hit& hit : found->hits)
      view.notes()->push_back({'R', query->type, hit.id, hit.version, hit.patient});
    for (const search::Included& one : found->included)
      view.notes()->push_back({'R', one.type, one.hit.id, one.hit.version, one.hit.patient});
  }
  Response out;
  out.body = bundle_of(request, *asked, *query, *found, *next, context);
  return out;
}

}  // namespace

Result<Response> search_type(const Request& request, const View& view, const Context& context) {
  return search_in(request, {}, view, context);
}

Result<Response> search_compartment(const Request& request, const View& view, const Context& context) {
  return search_in(request, request.id, view, context);
}

}  // namespace varde::interaction
