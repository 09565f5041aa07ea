#include "server/interaction/told_readings.h"

#include "server/interaction/answer.h"

namespace varde::interaction {

bool tells_of_readings(const View& view, storage::PatientKey patient) {
  static const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
  return !view.sight().is_restricted() || view.sight().admits(kObservation, patient);
}

Result<void> may_tell_of_readings(const View& view, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return tl::unexpected(not_found(fhir::find_resource_type("Patient")));
  if (tells_of_readings(view, patient)) return {};
  return fail(Fault::forbidden,
              "Innloggingen gir ikke innsyn i målingene til pasienten (your login does not allow reading the patient's "
              "Observations)");
}

}  // namespace varde::interaction
