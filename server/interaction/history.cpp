/// history of one resource, of a type, of everything: https://hl7.org/fhir/R4/http.html#history
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "fhir-model/time/span.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/interactions.h"
#include "server/interaction/text.h"
#include "server/search/subset.h"
#include "server/storage/changes.h"

namespace varde::interaction {
namespace {

using storage::Changes;
using storage::Method;
using storage::Version;

struct Asked {
  Changes changes;
  std::size_t count;
  Parameters again;  ///< what the links repeat
  search::Subset subset = {};
  bool counts_alone = false;  ///< _summary=count: how many there are, and no version
};

using Setter = Result<void> (*)(std::string_view value, const time::Zone& zone, const Limits& limits, Asked& asked);

Result<void> take_count(std::string_view text, const time::Zone&, const Limits& limits, Asked& asked) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asked.count);
  if (error != std::errc{} || end != text.data() + text.size() || asked.count == 0)
    return fail(Fault::parameter_malformed, "_count is a whole number, 1 or more.", "_count");
  asked.count = std::min(asked.count, limits.longest_page);
  return {};
}

Result<void> take_since(std::string_view text, const time::Zone& zone, const Limits&, Asked& asked) {
  const auto span = time::read_span(text, zone);
  if (!span) return fail(Fault::parameter_malformed, "_since is an instant.", "_since");
  asked.changes.from = std::max(asked.changes.from, span->begin);
  return {};
}

/// "Only include resource versions that were current at some point during the time period".
Result<void> take_at(std::string_view text, const time::Zone& zone, const Limits&, Asked& asked) {
  const auto span = time::read_span(text, zone);
  if (!span) return fail(Fault::parameter_malformed, "_at is a date or a time.", "_at");
  asked.changes.to = span->end, asked.changes.current_after = span->begin;
  return {};
}

Result<void> take_sort(std::string_view text, const time::Zone&, const Limits&, Asked& asked) {
  if (text != "_lastUpdated" && text != "-_lastUpdated")
    return fail(Fault::parameter_malformed, "A history is sorted by _lastUpdated or -_lastUpdated.", "_sort");
  asked.changes.order = text[0] == '-' ? Changes::Order::newest_first : Changes::Order::oldest_first;
  return {};
}

Result<void> take_summary(std::string_view text, const time::Zone&, const Limits&, Asked& asked) {
  asked.counts_alone = text == "count";
  if (asked.counts_alone) return {};
  return search::take_summary(text, asked.subset);
}

/// Of everything no element is known by its name alone.
Result<void> take_elements(std::string_view text, const time::Zone&, const Limits&, Asked& asked) {
  if (asked.changes.type != fhir::TypeId::none) return search::take_elements(asked.changes.type, text, asked.subset);
  return fail(Fault::not_supported, "_elements goes with the history of a type or of a resource.", "_elements");
}

struct ParameterRow {
  std::string_view name;
  Setter take;
};
constexpr std::array kParameters{ParameterRow{"_count", take_count},     ParameterRow{"_since", take_since},
                                 ParameterRow{"_at", take_at},           ParameterRow{"_sort", take_sort},
                                 ParameterRow{"_summary", take_summary}, ParameterRow{"_elements", take_elements}};

/// Where the page before ended, sealed together with the address that it belongs to.
std::string sealed(const Version& last, const std::string& address, const Context& context) {
  return context.cursor_key.seal(fmt::format("{} {} {} {}", last.updated.time_since_epoch().count(),
                                             static_cast<std::int64_t>(last.key), last.version, address));
}

Result<Changes::Place> place_of(const std::string& text, const std::string& address, const Context& context) {
  const auto plain = context.cursor_key.open(text);
  FHIR_TRY(plain);
  std::array<std::int64_t, 3> numbers{};
  const char* at = plain->data();
  const char* const end = at + plain->size();
  bool whole = true;
  for (auto& number : numbers) {
    const auto [stop, error] = std::from_chars(at, end, number);
    whole = whole && error == std::errc{} && stop != end && *stop == ' ';
    at = whole ? stop + 1 : end;
  }
  if (!whole || std::string_view(at, static_cast<std::size_t>(end - at)) != address)
    return fail(Fault::parameter_malformed, "This page link belongs to another request.", "_cursor");
  return Changes::Place{storage::Instant(std::chrono::microseconds(numbers[0])), storage::ResourceKey{numbers[1]},
                        numbers[2]};
}

Result<Asked> ask(const Request& request, const std::string& address, const View& view, const Context& context) {
  Asked out{{.type = request.type}, context.limits.default_count, {}};
  for (const auto& [name, value] : request.query) {
    const auto row = std::ranges::find(kParameters, name, &ParameterRow::name);
    if (row != kParameters.end()) {
      FHIR_TRY(row->take(value, view.zone(), context.limits, out));
      out.again.emplace_back(name, value);
    } else if (name == "_cursor") {
      const auto place = place_of(value, address, context);
      FHIR_TRY(place);
      out.changes.behind = *place;
    } else if (name != "_format" && name != "_pretty" && !prefers_lenient(request)) {
      return fail(Fault::parameter_unknown,
                  "A history takes _count, _since, _at, _sort, _summary, _elements, _format and _pretty.");
    }
  }
  return out;
}

constexpr std::string_view method_of(Method method) {
  switch (method) {
    case Method::create: return "POST";
    case Method::update: return "PUT";
    case Method::remove: return "DELETE";
  }
  return "";
}

void append(const Version& version, const std::string& base, const search::Subset& subset, BundleText& bundle) {
  const std::string url = std::string(fhir::row_of(version.type).name) + "/" + version.id;
  const std::string full_url = base + "/" + url, etag = etag_of(version.version), at = fhir_instant(version.updated);
  BundleText::Entry entry;
  entry.full_url = full_url;
  const std::string cut = subset && !version.bytes.empty() ? search::cut(version.bytes, subset) : std::string();
  entry.resource = cut.empty() ? version.bytes : cut;
  entry.request_method = method_of(version.method);
  // What was sent then: a create without id went to the type.
  entry.request_url = version.method == Method::create ? std::string_view(url).substr(0, url.find('/')) : url;
  entry.status = version.method == Method::create   ? "201 Created"
                 : version.method == Method::update ? "200 OK"
                                                    : "204 No Content";
  entry.etag = etag, entry.last_modified = at;
  bundle.entry(entry);
}

/// Who does not see everything is told of no number: it would count what may not be seen.
Result<Response> count_of(const std::string& link, const Asked& asked, const View& view) {
  if (view.sight().is_restricted())
    return fail(Fault::forbidden, "How many versions there are is told to who may see them all.", "_summary");
  BundleText bundle("history");
  bundle.total(static_cast<std::size_t>(storage::count_changes(view, asked.changes)));
  FHIR_TRY(view.budget().within());
  bundle.link("self", link + with_query(asked.again));
  Response out;
  out.body = std::move(bundle).finish();
  return out;
}

/// `address`: "Patient/a", "Patient" or "". `total`: where it is known without counting.
Result<Response> history_of(const Request& request, const std::string& address, Asked& asked,
                            std::optional<std::int64_t> total, const View& view, const Context& context) {
  const std::string link = request.base + "/" + address + (address.empty() ? "" : "/") + "_history";
  if (asked.counts_alone) return count_of(link, asked, view);
  const auto page = storage::changes(view, asked.changes, asked.count, context.limits.page_bytes);
  FHIR_TRY(view.budget().within());
  BundleText bundle("history");
  const bool all = asked.changes.from == storage::Instant::min() && !asked.changes.current_after;
  if (total && all && !view.sight().is_restricted()) bundle.total(static_cast<std::size_t>(*total));
  bundle.link("self", link + with_query(asked.again));
  if (page.more) {
    asked.again.emplace_back("_cursor", sealed(page.versions.back(), address, context));
    bundle.link("next", link + with_query(asked.again));
  }
  // A version may have been somebody else's than the resource is now.
  for (const Version& version : page.versions)
    if (view.sight().admits(version)) view.note('R', version), append(version, request.base, asked.subset, bundle);
  Response out;
  out.body = std::move(bundle).finish();
  return out;
}

}  // namespace

Result<Response> history_instance(const Request& request, const View& view, const Context& context) {
  const std::string address = std::string(fhir::row_of(request.type).name) + "/" + request.id;
  auto asked = ask(request, address, view, context);
  FHIR_TRY(asked);
  const auto current = view.current(request.type, request.id);
  if (!current) return tl::unexpected<Failure>(not_found(request.type));
  asked->changes.resource = current->key;
  return history_of(request, address, *asked, current->version, view, context);
}

Result<Response> history_type(const Request& request, const View& view, const Context& context) {
  const std::string address(fhir::row_of(request.type).name);
  auto asked = ask(request, address, view, context);
  FHIR_TRY(asked);
  return history_of(request, address, *asked, std::nullopt, view, context);
}

Result<Response> history_system(const Request& request, const View& view, const Context& context) {
  auto asked = ask(request, {}, view, context);
  FHIR_TRY(asked);
  return history_of(request, {}, *asked, std::nullopt, view, context);
}

}  // namespace varde::interaction
