/// history of one resource: https://hl7.org/fhir/R4/http.html#history
#include <charconv>
#include <limits>

#include "fhir-model/time/span.h"
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reading.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using storage::Method;
using storage::Version;

struct Asked {
  std::size_t count;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();  ///< versions below; where the last page ended
  std::optional<storage::Instant> since;
};

template <class Number>
bool read_number(const std::string& text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

Result<Asked> ask(const Request& request, const Limits& limits, const time::Zone& zone) {
  Asked out{limits.default_count};
  for (const auto& [name, value] : request.query) {
    if (name == "_count") {
      if (!read_number(value, out.count) || out.count == 0)
        return fail(Fault::parameter_malformed, "_count is a whole number, 1 or more.", "_count");
      out.count = std::min(out.count, limits.longest_page);
    } else if (name == "_before") {
      if (!read_number(value, out.before) || out.before < 1)
        return fail(Fault::parameter_malformed, "_before is a version number.", "_before");
    } else if (name == "_since") {
      const auto span = time::read_span(value, zone);
      if (!span) return fail(Fault::parameter_malformed, "_since is an instant.", "_since");
      out.since = span->begin;
    } else if (name != "_format" && name != "_pretty" && !prefers_lenient(request)) {
      return fail(Fault::parameter_unknown, "History takes _count, _since, _format and _pretty.");
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

void append(const Version& version, const std::string& url, const std::string& base, BundleText& bundle) {
  const std::string full_url = base + "/" + url, etag = etag_of(version.version), at = fhir_instant(version.updated);
  BundleText::Entry entry;
  entry.full_url = full_url;
  entry.resource = version.bytes;
  entry.request_method = method_of(version.method);
  // What was sent then: a create without id went to the type.
  entry.request_url = version.method == Method::create ? std::string_view(url).substr(0, url.find('/')) : url;
  entry.status = version.method == Method::create   ? "201 Created"
                 : version.method == Method::update ? "200 OK"
                                                    : "204 No Content";
  entry.etag = etag, entry.last_modified = at;
  bundle.entry(entry);
}

}  // namespace

Result<Response> history_instance(const Request& request, Context& context) {
  if (!fhir::is_id(request.id))
    return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
  auto asked = ask(request, context.limits, context.database.zone());
  FHIR_TRY(asked);
  return read_within(request, context, [&](const storage::Snapshot& snapshot) -> Result<Response> {
    auto versions = snapshot.history(request.type, request.id, asked->count, asked->before, context.limits.page_bytes);
    if (versions.empty() && !snapshot.current(request.type, request.id))
      return tl::unexpected<Failure>(not_found(request.type));
    bool more = !versions.empty() && versions.back().version > 1;
    if (asked->since)
      for (; !versions.empty() && versions.back().updated < *asked->since; more = false) versions.pop_back();
    const std::string url = std::string(fhir::row_of(request.type).name) + "/" + request.id;
    const std::string self = request.base + "/" + url + "/_history";
    BundleText bundle("history");
    if (!asked->since) bundle.total(static_cast<std::size_t>(snapshot.current(request.type, request.id)->version));
    bundle.link("self", self);
    if (more) {
      std::string next =
          self + "?_count=" + std::to_string(asked->count) + "&_before=" + std::to_string(versions.back().version);
      if (asked->since) next += "&_since=" + percent_encoded(fhir_instant(*asked->since));
      bundle.link("next", next);
    }
    for (const Version& version : versions) append(version, url, request.base, bundle);
    Response out;
    out.body = std::move(bundle).finish();
    return out;
  });
}

}  // namespace varde::interaction
