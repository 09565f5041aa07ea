/// Patient/[id]/$followup-summary: how the follow-up stands, as a document Bundle. See server/followup/README.md.
#include "server/followup/course/summary.h"
#include "server/interaction/answer.h"
#include "server/interaction/told_readings.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

Result<Response> followup_summary(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  FHIR_TRY(interaction::find_live(view, fhir::find_resource_type("Patient"), request.id));
  FHIR_TRY(interaction::may_tell_of_readings(view, view.patient_key(request.id)));
  return interaction::answer_with(followup::summary_of(view, request.id, request.base).root());
}

}  // namespace varde::operation
