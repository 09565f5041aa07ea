/// read: https://hl7.org/fhir/R4/http.html#read, conditional read: #cread, vread: #vread
#include "server/interaction/read.h"

#include <charconv>

#include "fhir-model/validation/validation.h"
#include "server/interaction/interactions.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using storage::Method;
using storage::Version;

Result<void> check_id(const std::string& id) {
  if (fhir::is_id(id)) return {};
  return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
}

bool is_known(const Request& request, const Version& version) {
  if (!request.if_none_match.empty()) {
    const std::string etag = etag_of(version.version);
    return request.if_none_match == "*" || request.if_none_match.find(etag) != std::string::npos;
  }
  if (const auto since = parse_http_date(request.if_modified_since))
    return std::chrono::floor<std::chrono::seconds>(version.updated) <= *since;
  return false;
}

Result<void> refuse_parameters(const Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name == "_format" || name == "_pretty") continue;
    if (name == "_summary" && value == "false") continue;
    return fail(Fault::not_supported, "A read takes _format and _pretty, no other parameter.");
  }
  return {};
}

}  // namespace

Result<Response> read_current(const Request& request, const storage::Snapshot& snapshot) {
  if (auto good = check_id(request.id); !good) return tl::unexpected<Failure>(std::move(good.error()));
  if (auto good = refuse_parameters(request); !good && !prefers_lenient(request))
    return tl::unexpected<Failure>(std::move(good.error()));
  auto version = snapshot.current(request.type, request.id);
  if (!version) return tl::unexpected<Failure>(not_found(request.type));
  if (version->method == Method::remove) return tl::unexpected<Failure>(gone(request.type));
  if (is_known(request, *version)) {
    version->bytes.clear();
    return answer_with(std::move(*version), 304);
  }
  return answer_with(std::move(*version));
}

Result<Response> read_version(const Request& request, const storage::Snapshot& snapshot) {
  if (auto good = check_id(request.id); !good) return tl::unexpected<Failure>(std::move(good.error()));
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(request.version_id.data(), request.version_id.data() + request.version_id.size(), number);
  const bool is_number = error == std::errc{} && end == request.version_id.data() + request.version_id.size();
  auto version = is_number ? snapshot.version(request.type, request.id, number) : std::nullopt;
  if (!version)
    return fail(Fault::not_found,
                "There is no such version of this " + std::string(fhir::row_of(request.type).name) + " here.");
  if (version->method == Method::remove) return tl::unexpected<Failure>(gone(request.type));
  return answer_with(std::move(*version));
}

Result<Response> read(const Request& request, Context& context) {
  return context.database.read([&](const storage::Snapshot& snapshot) { return read_current(request, snapshot); });
}

Result<Response> vread(const Request& request, Context& context) {
  return context.database.read([&](const storage::Snapshot& snapshot) { return read_version(request, snapshot); });
}

}  // namespace varde::interaction
