/// delete: https://hl7.org/fhir/R4/http.html#delete, conditional delete (of one, or of several as set): #3.1.0.7.1
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

Response counted(std::size_t deleted) {
  Response out;
  out.body = informational_outcome(std::to_string(deleted) + " resources were deleted.");
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

Result<Work> remove_conditionally(const Request& request, const Context& context, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  const std::size_t most = context.limits.most_deleted;
  return [&request, most, preconditions = std::move(*preconditions)](Act& act) -> Result<Response> {
    const auto found = find_all(request.type, request.query, request.base, act, most);
    FHIR_TRY(found);
    if (found->empty()) FHIR_TRY(require(preconditions, std::nullopt, request.type));
    if (found->size() <= 1) {
      if (found->empty()) return deleted(std::nullopt);
      return act.remove(request.type, found->front(), preconditions).map(deleted);
    }
    for (const std::string& id : *found) FHIR_TRY(act.remove(request.type, id, preconditions));
    return counted(found->size());
  };
}

}  // namespace varde::interaction
