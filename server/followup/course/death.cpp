#include "server/followup/course/death.h"

#include "server/followup/enrolment.h"
#include "server/followup/task.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

constexpr std::string_view kDeath = "death";  // subject of the open Task

bool is_deceased(fhir::Element patient) {
  const auto deceased = patient.choice("deceased");
  return deceased && deceased.value() != "false";
}

}  // namespace

Result<void> follow_death(interaction::Act& act, const interaction::Stored& stored) {
  const bool now = is_deceased(stored.resource), before = is_deceased(stored.previous);
  if (now == before || act.principal().kind == access::Principal::Kind::ourselves) return {};
  const auto patient = storage::patients::survivor(act, stored.version.patient);
  if (!now) return settle(act, patient, kDeath, "cancelled", "Dødsfallet er tatt tilbake");
  const auto enrolment = enrolment_of(act, patient);
  if (!enrolment || !enrolment->is_open()) return {};
  return raise_once(act, patient, kDeath,
                    {act.patient_id(patient), "follow-up-death", "urgent",
                     "Pasienten er registrert som død, og digital hjemmeoppfølging går fortsatt: kontakt pårørende, "
                     "avslutt oppfølgingen og hent utstyret. Er det feil, skal pasienten rettes.",
                     "Patient/" + stored.version.id});
}

}  // namespace varde::followup
