#include "server/followup/kept.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/ebp/state.h"
#include "server/followup/enrolment.h"
#include "server/followup/in_force.h"
#include "server/followup/instant.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

bool is_under_way(fhir::Element episode) {
  const auto status = episode["status"].value();
  return is_enrolment(episode) && (status == "active" || status == "onhold");
}

bool is_plan_in_force(fhir::Element care_plan) {
  const auto state = ebp::state_of(care_plan);
  return state && *state != ebp::State::draft && *state != ebp::State::superseded;
}

bool plans_measurements(fhir::Element request) {
  return has_a_say(fhir::view::ServiceRequest::of(request)) && request.extension(codes::kLimit);
}

bool is_active(fhir::Element resource) { return resource["status"].value() == "active"; }

struct KeptRow {
  std::string_view type, element;  ///< `element`: where the patient stands
  bool (*is_kept)(fhir::Element before);
  std::string_view norwegian, english;
};
// clang-format off
constexpr std::array kKept{
    KeptRow{"EpisodeOfCare", "patient", is_under_way,
            "En oppfølging som pågår, gjelder samme pasient: avslutt den, og meld inn den andre pasienten",
            "a follow-up under way stays about its patient: end it, and enrol the other"},
    KeptRow{"CarePlan", "subject", is_plan_in_force,
            "En plan som er sendt eller i kraft, gjelder samme pasient: trekk den tilbake, og lag en ny",
            "a plan that was sent or is in force stays about its patient: revoke it, and make another"},
    KeptRow{"ServiceRequest", "subject", plans_measurements,
            "Grenser i kraft gjelder samme pasient: trekk dem tilbake, og lag nye for den andre pasienten",
            "limits in force stay about their patient: revoke them, and set others for the other"},
    KeptRow{"DeviceUseStatement", "subject", is_active,
            "Et utlån som løper, gjelder samme pasient: registrer at utstyret er levert inn, og lån det ut på nytt",
            "a loan under way stays about its patient: $return the equipment, and $lend it again"},
};
// clang-format on

/// The Patient that the version before names is not here any more, or never was: it may be named anew.
bool is_somebody(const interaction::View& view, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return false;
  const auto stored = view.current(kPatient, view.patient_id(patient));
  return stored && stored->method != storage::Method::remove;
}

/// Equipment is in nobody's compartment: whose it is stands in the element alone.
storage::PatientKey whose(const interaction::View& view, fhir::Element resource, const KeptRow& row,
                          storage::PatientKey compartment) {
  if (compartment != storage::PatientKey::none) return compartment;
  const auto id = view.own_id(resource[row.element]["reference"].value(), kPatient);
  return id.empty() ? storage::PatientKey::none : view.patient_key(id);
}

}  // namespace

Result<void> check_same_patient(const interaction::View& view, fhir::Element resource,
                                const interaction::Pending& pending) {
  if (!pending.previous) return {};
  const auto row = std::ranges::find(kKept, resource.type_name(), &KeptRow::type);
  if (row == kKept.end() || !row->is_kept(pending.previous)) return {};
  const auto before = whose(view, pending.previous, *row, pending.previous_patient);
  const auto now = whose(view, resource, *row, pending.patient);
  if (now == before || !is_somebody(view, before)) return {};
  if (now != storage::PatientKey::none &&
      storage::patients::survivor(view, now) == storage::patients::survivor(view, before))
    return {};
  return fail(Fault::business_rule, fmt::format("{} ({})", row->norwegian, row->english),
              fmt::format("{}.{}", row->type, row->element));
}

Result<void> check_still_followed(const interaction::View& view, fhir::Element episode, fhir::Element previous) {
  if (!is_under_way(previous)) return {};
  const auto status = episode["status"].value();
  if (status != "active" && status != "onhold") return {};
  if (!is_enrolment(episode))
    return fail(Fault::business_rule,
                "En oppfølging som pågår, blir ikke en annen tjeneste: avslutt den først (a follow-up under way does "
                "not become another service: end it first)",
                "EpisodeOfCare.type");
  const auto start = parse_instant(episode["period"]["start"].value(), view.zone());
  const auto before = parse_instant(previous["period"]["start"].value(), view.zone());
  if (!start || *start <= view.now() || (before && *before > view.now())) return {};
  return fail(Fault::business_rule,
              "En oppfølging som har begynt, utsettes ikke: sett den på pause eller avslutt den (a follow-up that has "
              "begun is not put off: $pause or $end it)",
              "EpisodeOfCare.period.start");
}

}  // namespace varde::followup
