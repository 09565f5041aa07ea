/// read: https://hl7.org/fhir/R4/http.html#read, conditional read: #cread, vread: #vread
#include <charconv>

#include "server/interaction/answer.h"
#include "server/interaction/binary.h"
#include "server/interaction/definitions.h"
#include "server/interaction/interactions.h"
#include "server/interaction/precondition.h"
#include "server/interaction/text.h"
#include "server/search/subset.h"

namespace varde::interaction {
namespace {

using storage::Method;
using storage::Version;

/// If-Modified-Since is for reads alone (RFC 9110 13.1.3), and only without If-None-Match.
Result<bool> is_known(const Request& request, const Version& version) {
  if (!request.if_none_match.empty())
    return parse_entity_tags(request.if_none_match, "If-None-Match").map([&](const EntityTags& tags) {
      return tags.hold(version.version);
    });
  const auto since = parse_http_date(request.if_modified_since);
  return since && std::chrono::floor<std::chrono::seconds>(version.updated) <= *since;
}

/// If-Match and If-Unmodified-Since of a read, which seldom has them.
Result<void> require_for_read(const Request& request, const Version& version) {
  if (request.if_match.empty() && request.if_unmodified_since.empty()) return {};
  Request asked;
  asked.if_match = request.if_match, asked.if_unmodified_since = request.if_unmodified_since;
  return read_preconditions(asked).and_then(
      [&](const Preconditions& preconditions) { return require(preconditions, version, request.type); });
}

/// What of the resource is asked for. A lenient client may send what a read does not know.
Result<search::Subset> subset_of(const Request& request) {
  search::Subset subset;
  for (const auto& [name, value] : request.query) {
    if (name == "_format" || name == "_pretty") continue;
    if (name == "_summary" && value != "count") {
      FHIR_TRY(search::take_summary(value, subset));
    } else if (name == "_elements") {
      FHIR_TRY(search::take_elements(request.type, value, subset));
    } else if (!prefers_lenient(request)) {
      return fail(Fault::not_supported, "A read takes _format, _pretty, _summary and _elements, no other parameter.");
    }
  }
  return subset;
}

Result<Response> answer(const Request& request, Version version, const search::Subset& subset) {
  if (version.method == Method::remove) return tl::unexpected<Failure>(gone(request.type));
  FHIR_TRY(require_for_read(request, version));
  return is_known(request, version).map([&](bool known) {
    if (known) version.bytes.clear();
    if (!known && request.native) {
      const auto binary = View::tree(version);
      return native_answer(binary.root(), answer_with(std::move(version)));
    }
    if (!known && subset) version.bytes = search::cut(version.bytes, subset);
    return answer_with(std::move(version), known ? 304 : 200);
  });
}

}  // namespace

Result<Response> read(const Request& request, const View& view, const Context&) {
  const auto subset = subset_of(request);
  FHIR_TRY(subset);
  auto version = view.current(request.type, request.id);
  if (!version) version = definition_of(request.type, request.id);
  if (!version) return tl::unexpected<Failure>(not_found(request.type));
  return answer(request, std::move(*version), *subset);
}

Result<Response> vread(const Request& request, const View& view, const Context&) {
  const auto subset = subset_of(request);
  FHIR_TRY(subset);
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(request.version_id.data(), request.version_id.data() + request.version_id.size(), number);
  const bool is_number = error == std::errc{} && end == request.version_id.data() + request.version_id.size();
  auto version = is_number ? view.version(request.type, request.id, number) : std::nullopt;
  if (!version && is_number && number == 1 && !view.current(request.type, request.id))
    version = definition_of(request.type, request.id);
  if (!version)
    return fail(Fault::not_found,
                "There is no such version of this " + std::string(fhir::row_of(request.type).name) + " here.");
  return answer(request, std::move(*version), *subset);
}

}  // namespace varde::interaction
