/// delete: https://hl7.org/fhir/R4/http.html#delete, conditional delete (of one): #3.1.0.7.1
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/condition.h"
#include "server/interaction/interactions.h"

namespace varde::interaction {
namespace {

Response deleted(const std::optional<storage::Version>& version) {
  Response out;
  out.status = 204;
  out.content_type.clear();
  if (version) out.etag = etag_of(version->version);
  return out;
}

}  // namespace

Result<Work> remove(const Request& request, const Context&, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  return [&request, preconditions = std::move(*preconditions)](Act& act) {
    return act.remove(request.type, request.id, preconditions).map(deleted);
  };
}

Result<Work> remove_conditionally(const Request& request, const Context&, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  return [&request, preconditions = std::move(*preconditions)](Act& act) -> Result<Response> {
    auto found = find_one(request.type, request.query, request.base, act);
    FHIR_TRY(found);
    if (*found) return act.remove(request.type, **found, preconditions).map(deleted);
    FHIR_TRY(require(preconditions, std::nullopt, request.type));
    return deleted(std::nullopt);
  };
}

}  // namespace varde::interaction
