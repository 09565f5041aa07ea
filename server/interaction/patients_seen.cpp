#include "server/interaction/patients_seen.h"

#include "server/interaction/sight.h"

namespace varde::interaction {

Result<void> may_tell_of_readings(const View& view, storage::PatientKey patient) {
  static const fhir::TypeId kObservation = fhir::find_type("Observation");
  const Sight& sight = view.sight();
  if (!sight.is_restricted() || patient == storage::PatientKey::none || sight.admits(kObservation, patient)) return {};
  return fail(
      Fault::forbidden,
      "Innloggingen gir ikke tilgang til alle målingene til denne pasienten, og det som er regnet ut av dem, "
      "fortelles ikke. (Your login does not show all of this patient's Observations: what is computed of them is "
      "not told.)");
}

}  // namespace varde::interaction
