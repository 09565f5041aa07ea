/// read: https://hl7.org/fhir/R4/http.html#read, conditional read: #cread, vread: #vread
#include "server/interaction/read.h"

#include <charconv>

#include "fhir-model/validation/validation.h"
#include "server/interaction/interactions.h"
#include "server/interaction/precondition.h"
#include "server/interaction/reading.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using storage::Method;
using storage::Version;

Result<void> check_id(const std::string& id) {
  if (fhir::is_id(id)) return {};
  return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
}

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

Result<void> refuse_parameters(const Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name == "_format" || name == "_pretty") continue;
    if (name == "_summary" && value == "false") continue;
    return fail(Fault::not_supported, "A read takes _format and _pretty, no other parameter.");
  }
  return {};
}

Result<void> check(const Request& request) {
  return check_id(request.id).and_then([&]() -> Result<void> {
    if (auto good = refuse_parameters(request); !good && !prefers_lenient(request)) return good;
    return {};
  });
}

Result<Response> answer(const Request& request, Version version) {
  if (version.method == Method::remove) return tl::unexpected<Failure>(gone(request.type));
  FHIR_TRY(require_for_read(request, version));
  return is_known(request, version).map([&](bool known) {
    if (known) version.bytes.clear();
    return answer_with(std::move(version), known ? 304 : 200);
  });
}

}  // namespace

Result<Response> read_current(const Request& request, const storage::Snapshot& snapshot) {
  FHIR_TRY(check(request));
  auto version = snapshot.current(request.type, request.id);
  if (!version) return tl::unexpected<Failure>(not_found(request.type));
  return answer(request, std::move(*version));
}

Result<Response> read_version(const Request& request, const storage::Snapshot& snapshot) {
  FHIR_TRY(check(request));
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(request.version_id.data(), request.version_id.data() + request.version_id.size(), number);
  const bool is_number = error == std::errc{} && end == request.version_id.data() + request.version_id.size();
  auto version = is_number ? snapshot.version(request.type, request.id, number) : std::nullopt;
  if (!version)
    return fail(Fault::not_found,
                "There is no such version of this " + std::string(fhir::row_of(request.type).name) + " here.");
  return answer(request, std::move(*version));
}

Result<Response> read(const Request& request, Context& context) {
  return read_within(request, context,
                     [&](const storage::Snapshot& snapshot) { return read_current(request, snapshot); });
}

Result<Response> vread(const Request& request, Context& context) {
  return read_within(request, context,
                     [&](const storage::Snapshot& snapshot) { return read_version(request, snapshot); });
}

}  // namespace varde::interaction
