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

Result<Response> remove(const Request& request, Context& context) {
  if (!fhir::is_id(request.id))
    return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  return context.repository.write([&](Act& act) { return act.remove(request.type, request.id, *preconditions); })
      .map(deleted);
}

Result<Response> remove_conditionally(const Request& request, Context& context) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  return context.repository
      .write([&](Act& act) -> Result<std::optional<storage::Version>> {
        auto found = find_one(request.type, request.query, request.base, act);
        FHIR_TRY(found);
        if (*found) return act.remove(request.type, **found, *preconditions);
        return require(*preconditions, std::nullopt, request.type).map([] {
          return std::optional<storage::Version>();
        });
      })
      .map(deleted);
}

}  // namespace varde::interaction
