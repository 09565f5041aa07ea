/// search: https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "server/access/rules.h"
#include "server/interaction/answer.h"
#include "server/interaction/asking.h"
#include "server/interaction/bundle.h"
#include "server/interaction/interactions.h"
#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/search/find.h"

namespace varde::interaction {
namespace {

using fhir::TypeId;
using search::Handling;

const TypeId kAuditEvent = fhir::find_type("AuditEvent");

/// What a sealed link says: the search, and where its last page ended.
struct Asked {
  search::Compartment compartment;
  Parameters parameters;
  Handling handling = Handling::strict;
  std::optional<search::Mark> after;
  std::size_t included_from = 0;  ///< the matches were sent, and so many of what they name
  std::size_t sent = 0;           ///< matches on the pages before
  bool is_link = false;
};

/// Stands in place of the parameters where they are too long for a link: the form is sent again with it.
constexpr std::string_view kDigest = "digest";

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

/// Of one type its name, of several nothing.
std::string_view scope_of(const Request& request) {
  return request.type == TypeId::none ? std::string_view() : fhir::row_of(request.type).name;
}

bool is_of_answer(std::string_view name) { return name == "_cursor" || name == "_format" || name == "_pretty"; }

std::string digest_of(const Parameters& parameters) {
  std::string plain;
  for (const auto& [name, value] : parameters)
    if (!is_of_answer(name)) pack(plain, name), pack(plain, value);
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(plain.data(), plain.size(), reinterpret_cast<unsigned char*>(out.data()), &size, EVP_sha256(),
                 nullptr) != 1)
    throw std::runtime_error("OpenSSL refused to digest a search");
  out.resize(size);
  return out;
}

struct Place {
  const search::Mark* after = nullptr;
  std::size_t included_from = 0, sent = 0;
};

std::string link(const Request& request, const Asked& asked, const Parameters& used, const Place& place,
                 const Context& context) {
  std::string plain;
  pack(plain, scope_of(request));
  pack(plain, asked.compartment.id.empty() ? std::string_view() : fhir::row_of(asked.compartment.type).name);
  pack(plain, asked.compartment.id);
  pack(plain, asked.handling == Handling::lenient ? "lenient" : "strict");
  pack(plain, place.after ? place.after->encode() : std::string());
  pack(plain, std::to_string(place.included_from));
  pack(plain, std::to_string(place.sent));
  for (const auto& [name, value] : used) pack(plain, name), pack(plain, value);
  std::string out = request.base;
  if (request.type != TypeId::none) out.append("/").append(scope_of(request));
  return out + "?_cursor=" + context.cursor_key.seal(plain);
}

/// A link that is too long to hold the search goes with the form that it came from.
Result<Parameters> form_of(const Request& request, const std::string& digest) {
  Parameters out;
  for (const auto& one : request.query)
    if (!is_of_answer(one.first)) out.push_back(one);
  if (digest_of(out) == digest) return out;
  return fail(Fault::parameter_malformed,
              "The search is too long for its link: send this link by POST to _search, with the same form as before.",
              "_cursor");
}

Result<Asked> from_link(const Request& request, std::string_view sealed, const Context& context) {
  auto plain = context.cursor_key.open(sealed);
  FHIR_TRY(plain);
  std::string_view in = *plain;
  const auto type = unpack(in), within = unpack(in), id = unpack(in), handling = unpack(in), mark = unpack(in),
             included = unpack(in), sent = unpack(in);
  if (!sent || *type != scope_of(request))
    return fail(Fault::parameter_malformed, "This page link belongs to another type.", "_cursor");
  Asked out{
      {fhir::find_resource_type(*within), *id}, {}, *handling == "lenient" ? Handling::lenient : Handling::strict};
  if (!mark->empty()) out.after = search::Mark::decode(*mark);
  out.included_from = std::strtoull(included->c_str(), nullptr, 10),
  out.sent = std::strtoull(sent->c_str(), nullptr, 10);
  out.is_link = true;
  while (!in.empty()) {
    auto name = unpack(in), value = unpack(in);
    if (!name || !value) break;
    out.parameters.emplace_back(std::move(*name), std::move(*value));
  }
  const bool is_form = out.parameters.size() == 1 && out.parameters.front().first == kDigest;
  if (is_form) {
    auto form = form_of(request, out.parameters.front().second);
    FHIR_TRY(form);
    out.parameters = std::move(*form);
  } else if (!std::ranges::all_of(request.query, [](const auto& one) { return is_of_answer(one.first); })) {
    return fail(Fault::parameter_malformed, "A page link is used as it is, without further parameters.", "_cursor");
  }
  return out;
}

Result<Asked> ask(const Request& request, const search::Compartment& compartment, const Context& context) {
  for (const auto& [name, value] : request.query)
    if (name == "_cursor") return from_link(request, value, context);
  return Asked{compartment, request.query, prefers_lenient(request) ? Handling::lenient : Handling::strict};
}

/// A search that came by POST may hold an identity number, and URLs are logged: its own link is sealed too.
std::string self_link(const Request& request, const Asked& asked, const search::Query& query, const Context& context) {
  if (request.method == "POST" || asked.is_link)
    return link(request, asked, query.used, {asked.after ? &*asked.after : nullptr, asked.included_from, asked.sent},
                context);
  std::string out = request.base;
  if (!asked.compartment.id.empty())
    out.append("/").append(fhir::row_of(asked.compartment.type).name).append("/").append(asked.compartment.id);
  if (request.type != TypeId::none)
    out.append("/").append(scope_of(request));
  else if (!asked.compartment.id.empty())
    out += "/*";
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

struct Next {
  std::string link;
  bool with_form = false;  ///< it goes on only with the form that the search came by
};

/// A search that came by POST may be longer than a URL can carry, and what comes after the page must not be lost.
Next next_link(const Request& request, const Asked& asked, const search::Query& query, const Place& place,
               const Context& context) {
  Next out{link(request, asked, query.used, place, context)};
  if (out.link.size() <= context.limits.longest_link) return out;
  const Parameters digest{{std::string(kDigest), digest_of(asked.parameters)}};
  out.link = link(request, asked, digest, place, context);
  const std::size_t mark = out.link.find('?');
  out.link.insert(mark, "/_search"), out.with_form = true;
  return out;
}

/// Where the page after this one begins; nothing: this was the last.
std::optional<Place> place_after(const Asked& asked, const search::Query& query, const search::Found& found) {
  const std::size_t sent = asked.sent + found.hits.size();
  if (found.included_next) return Place{asked.after ? &*asked.after : nullptr, *found.included_next, asked.sent};
  if (!found.next || sent >= query.most_results) return std::nullopt;
  return Place{&*found.next, 0, sent};
}

std::string bundle_of(const Request& request, const Asked& asked, const search::Query& query,
                      const search::Found& found, const Next& next, std::string_view told, const Context& context) {
  BundleText bundle("searchset");
  if (found.total)
    bundle.total(*found.total);
  else if (!asked.is_link && !found.next)
    bundle.total(found.hits.size());  // known without counting
  bundle.link("self", self_link(request, asked, query, context));
  if (!next.link.empty()) bundle.link("next", next.link);
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
  if (asked.included_from == 0)
    for (const search::Hit& hit : found.hits) add(hit, "match");
  for (const search::Hit& one : found.included) add(one, "include");
  if (!query.ignored.empty()) bundle.entry({.resource = ignored_outcome(query), .search_mode = "outcome"});
  if (!told.empty()) bundle.entry({.resource = informational_outcome(told), .search_mode = "outcome"});
  if (next.with_form)
    bundle.entry({.resource = informational_outcome("This search is too long for a link. The next page is asked for by "
                                                    "POST to the next link, with the same form."),
                  .search_mode = "outcome"});
  return std::move(bundle).finish();
}

void note(const View& view, const Asked& asked, const search::Found& found) {
  if (!view.notes()) return;
  const auto add = [&](const search::Hit& hit) {
    view.notes()->push_back({'R', hit.type, hit.id, hit.version, hit.patient});
  };
  if (asked.included_from == 0) std::ranges::for_each(found.hits, add);
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

Result<Response> search_in(const Request& request, const search::Compartment& compartment, const View& view,
                           const Context& context) {
  const auto began = std::chrono::steady_clock::now();
  auto asked = ask(request, compartment, context);
  FHIR_TRY(asked);
  Terms terms(view, request.base);
  auto queries = queries_of(request, *asked, asking_of(request, view, terms, context, asked->handling));
  FHIR_TRY(queries);
  for (search::Query& query : *queries) {
    query.included_from = asked->included_from;
    if (query.most_results != SIZE_MAX) query.count = std::min(query.count, query.most_results - asked->sent);
  }
  auto found = search::find_several(*queries, view, asked->after ? &*asked->after : nullptr);
  FHIR_TRY(found);
  const search::Query& query = queries->front();
  const auto place = place_after(*asked, query, *found);
  note(view, *asked, *found);
  Response out;
  out.body =
      bundle_of(request, *asked, query, *found, place ? next_link(request, *asked, query, *place, context) : Next(),
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
