#include "server/followup/followup.h"

#include <algorithm>
#include <map>

#include "fhir-model/view/observation.h"
#include "server/followup/alert.h"
#include "server/followup/answer.h"
#include "server/followup/confirm.h"
#include "server/followup/course/calendar.h"
#include "server/followup/course/death.h"
#include "server/followup/course/written.h"
#include "server/followup/ebp/plan.h"
#include "server/followup/enrolment.h"
#include "server/followup/equipment/equipment.h"
#include "server/followup/evaluation.h"
#include "server/followup/identity.h"
#include "server/followup/in_force.h"
#include "server/followup/instant.h"
#include "server/followup/journal/entry.h"
#include "server/followup/kept.h"
#include "server/followup/measure.h"
#include "server/followup/missing.h"
#include "server/followup/patient.h"
#include "server/followup/pause.h"
#include "server/followup/plan_end.h"
#include "server/followup/report/benefit_form.h"
#include "server/followup/resent.h"
#include "server/followup/schedule.h"
#include "server/followup/touched.h"
#include "server/followup/unbound.h"
#include "server/followup/unjudged.h"
#include "server/followup/window.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/closing.h"
#include "server/followup/work/message.h"
#include "server/followup/work/referral.h"
#include "server/followup/work/who.h"
#include "server/followup/work/work.h"
#include "server/storage/followup.h"
#include "server/storage/observed.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace {

using interaction::Stored;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kTask = fhir::find_resource_type("Task");
const fhir::TypeId kQuestionnaireResponse = fhir::find_resource_type("QuestionnaireResponse");
const fhir::TypeId kEncounter = fhir::find_resource_type("Encounter");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
const fhir::TypeId kComposition = fhir::find_resource_type("Composition");
const fhir::TypeId kDevice = fhir::find_resource_type("Device");

// --- measurements ----------------------------------------------------------------------------------------------------

/// What `$lastn` sorts by: nothing without a time of its own is ever the last.
Instant observed_time(fhir::Element observation, const time::Zone& zone) {
  const bool has_time = measured_at(observation, zone) && !is_ahead_of_time(observation, zone);
  return has_time ? time_of(observation, zone) : storage::observed::kNoTime;
}

void remove_rows(interaction::Act& act, const Stored& stored) {
  const auto patient = stored.previous_patient;
  const auto key = stored.version.key;
  act.transaction().drop_measurements(patient, key);
  const auto code = measure_key(stored.previous["code"]);
  const auto& zone = act.zone();
  // Earlier versions keyed them by what was said, or by the time of receipt.
  for (const auto time : {observed_time(stored.previous, zone), measured_at(stored.previous, zone).value_or(Instant{}),
                          measured_from(stored.previous, zone).value_or(Instant{}), received_at(stored.previous)})
    storage::observed::remove(act, patient, code, time, key);
}

void replace_rows(interaction::Act& act, const Stored& stored, const Judgement& judgement) {
  const auto& version = stored.version;
  if (stored.previous) remove_rows(act, stored);
  if (!stored.resource || version.patient == storage::PatientKey::none) return;
  storage::observed::put(act, version.patient, measure_key(stored.resource["code"]),
                         observed_time(stored.resource, act.zone()), version.key);
  if (!stands(stored.resource)) return;
  const auto time = time_of(stored.resource, act.zone());
  // An Observation says each thing once: a second word is not a second measurement, and the worst is what counts.
  std::map<std::string_view, const Judged*> said;
  for (const auto& judged : judgement.values) {
    if (!judged.value.is_usable()) continue;
    const auto [found, is_new] = said.try_emplace(judged.value.measure, &judged);
    if (!is_new && judged.level() > found->second->level()) found->second = &judged;
  }
  for (const auto& [measure, judged] : said)
    act.transaction().put_measurement({.patient = version.patient,
                                       .measure = judged->value.measure,
                                       .time = time,
                                       .observation = version.key,
                                       .value = judged->value.number,
                                       .unit = judged->value.unit,
                                       .zone = letter(judged->counts ? judged->level() : Zone::grey),
                                       .comparator = judged->value.comparator});
}

// --- readings that were sent again -----------------------------------------------------------------------------------

/// A copy of a reading that stands, and which has no Task of its own.
bool is_copy(const interaction::View& view, const Stored& stored) {
  const auto& version = stored.version;
  if (!stored.resource || !stands(stored.resource)) return false;
  if (!copy_of(view, version.patient, stored.resource, version.key)) return false;
  return !storage::open_alert::get(view, version.patient, "Observation/" + version.id);
}

bool is_withdrawn(const Stored& stored) {
  return stored.previous && stands(stored.previous) && !(stored.resource && stands(stored.resource));
}

/// The reading was withdrawn, but a copy of it stands: that is the reading from now on.
Result<void> hand_over_to_copy(interaction::Act& act, const Stored& stored, const OnRed& on_red) {
  const auto& version = stored.version;
  const auto other = copy_of(act, version.patient, stored.previous, storage::observed::kNewest.observation);
  if (!other || other->key < version.key) return {};  // what was withdrawn was itself a copy
  const auto tree = act.tree(*other);
  const Stored copy{*other, tree.root(), {}};
  const auto judgement = judgement_of(tree.root());
  replace_rows(act, copy, judgement);
  return follow_observation(act, copy, judgement, on_red);
}

// --- enrolment -------------------------------------------------------------------------------------------------------

bool is_open(const interaction::View& view, const storage::Version& episode) {
  const auto rows = storage::enrolment::all(view, episode.patient);
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.resource == episode.key && row.state != storage::EnrolmentState::ended;
  });
}

/// Whoever ends a follow-up, and however, ends its plan; whoever takes the end back has the plan again. What was
/// measured in a pause is told when the follow-up goes on.
Result<void> follow_enrolment(interaction::Act& act, const Stored& stored, const OnRed& on_red,
                              const OpeningHours& hours) {
  using State = storage::EnrolmentState;
  const auto& version = stored.version;
  const auto patient = version.patient;
  const auto before = enrolment_of(act, patient);
  const bool was_enrolled = before && before->is_open(), was_open = is_open(act, version);
  if (!stored.resource && was_open)  // it would go blind without a word
    return fail(
        Fault::resource_conflict,
        "Oppfølgingen pågår: avslutt den først (the follow-up is under way: end it by Patient/[id]/$end or with "
        "status finished; what was never meant gets status entered-in-error)",
        "EpisodeOfCare");
  follow_episode(act, stored);
  const auto now = enrolment_of(act, patient);
  follow_district(act, patient);
  FHIR_TRY(follow_calendar(act, stored, hours));
  const bool is_enrolled = now && now->is_open();
  if (was_enrolled && !is_enrolled) {
    FHIR_TRY(end_plan(act, patient, version.id));
    return reschedule(act, patient);
  }
  if (!was_open && is_open(act, version))
    if (auto reopened = reopen_plan(act, patient, version.id); !reopened) return reopened;
  const bool changes = !before || !now || before->state != now->state || before->since != now->since;
  if (changes) FHIR_TRY(reschedule(act, patient));
  if (!is_enrolled || now->state != State::active) return {};
  if (!was_enrolled) return ask_about_pause(act, patient);
  if (before->state != State::paused) return {};
  FHIR_TRY(tell_waiting(act, patient, on_red));
  return tell_worst(act, patient, before->since, on_red);
}

// --- corrections -----------------------------------------------------------------------------------------------------

bool says_the_same(const Stored& stored) {
  if (!stands(stored.resource) || stored.previous_patient != stored.version.patient) return false;
  const auto before = values_of(stored.previous), now = values_of(stored.resource);
  return std::equal(before.begin(), before.end(), now.begin(), now.end(), [](const auto& a, const auto& b) {
    return a.measure == b.measure && a.unit == b.unit && a.number == b.number && a.beside == b.beside;
  });
}

/// A Patient has come, and what waited for it is written again: it is judged as if it came now.
struct Binding {
  bool on = false;
};

/// What `before` found out about the Observation whose `after` comes next.
struct LastJudged {
  const fhir::Tree* observation = nullptr;
  Judgement judgement;
};

Judgement take_judgement(interaction::Act& act, fhir::Element observation) {
  LastJudged& last = act.state<LastJudged>();
  if (!observation || last.observation != observation.tree())
    return judgement_of(observation);  // another Observation was written in between
  last.observation = nullptr;
  return std::move(last.judgement);
}

}  // namespace

struct FollowUp::Impl {
  explicit Impl(Service given) : service(std::move(given)) {}
  Service service;
  OnRed on_red;
  std::function<Result<void>(interaction::Act&, const Correction&)> on_correction;
  Result<void> observation_written(interaction::Act& act, const Stored& stored) {
    FHIR_TRY(check_holder(act, stored));
    const auto found = take_judgement(act, stored.resource);
    if (is_copy(act, stored)) {
      replace_rows(act, stored, {});
      return {};
    }
    replace_rows(act, stored, found);
    if (stands(stored.resource)) FHIR_TRY(settle_missing(act, stored.version.patient, stored.resource));
    if (on_correction && stands(stored.previous) && !says_the_same(stored))
      if (auto told = on_correction(act, {stored.previous_patient, stored.version.key, stored.version.id}); !told)
        return told;
    if (auto done = follow_observation(act, stored, found, on_red); !done) return done;
    FHIR_TRY(judge_touched(act, stored, found));
    return is_withdrawn(stored) ? hand_over_to_copy(act, stored, on_red) : Result<void>{};
  }

  Result<void> patient_written(interaction::Act& act, const Stored& stored) {
    if (auto followed = follow_patient(act, stored, on_red); !followed) return followed;
    act.state<Binding>().on = true;
    auto bound = bind_waiting(act, stored);
    act.state<Binding>().on = false;
    FHIR_TRY(bound);
    return follow_death(act, stored);
  }

  Result<void> followed(interaction::Act& act, const Stored& stored) {
    FHIR_TRY(written(act, stored));
    FHIR_TRY(follow_contained(act, stored));
    FHIR_TRY(ebp::follow(act, stored, service));
    return journal::follow(act, stored, service);
  }

  /// `stored` with the patient whose follow-up it counts for.
  Result<void> written(interaction::Act& act, const Stored& stored) {
    const auto type = stored.version.type;
    if (type == kObservation) return observation_written(act, stored);
    if (type == kServiceRequest)
      return follow_limits(act, stored).and_then([&] { return follow_schedule(act, stored); }).and_then([&] {
        return follow_referral(act, stored);
      });
    if (type == kEpisodeOfCare) return follow_enrolment(act, stored, on_red, service.hours);
    if (type == kTask) {
      follow_work(act, stored, service);
      return follow_task(act, stored);
    }
    if (type == kCommunication) return follow_message(act, stored);
    if (type == kQuestionnaireResponse)
      return follow_answers(act, stored).and_then([&] { return follow_benefit_form(act, stored); });
    if (type == kEncounter) return follow_encounter(act, stored);
    return {};
  }
};

FollowUp::FollowUp(Service service) : impl_(std::make_unique<Impl>(std::move(service))) {}
FollowUp::~FollowUp() = default;

void FollowUp::on_red_alert(OnRed handler) { impl_->on_red = std::move(handler); }
void FollowUp::on_correction(std::function<Result<void>(interaction::Act&, const Correction&)> handler) {
  impl_->on_correction = std::move(handler);
}

void FollowUp::keep_time(clock::Clock& clock, const Service& service) {
  using storage::DueKind;
  clock.on(DueKind::measurement, end_window);
  clock.on(DueKind::reminder, remind);
  clock.on(DueKind::escalation, escalate);
  clock.on(DueKind::snooze, wake);
  clock.on(DueKind::worklist,
           [service](interaction::Act& act, const storage::DueRow& row) { return fill_worklist(act, row, service); });
  keep_calendar(clock, service.hours);
}

void FollowUp::confirm_by(clock::Clock& clock) {
  clock.on(storage::DueKind::confirmation, [this](interaction::Act& act, const storage::DueRow& row) {
    return tell_unconfirmed(act, row, impl_->on_red);
  });
}

bool FollowUp::judges(fhir::TypeId type) const { return type == kObservation || type == kQuestionnaireResponse; }

Result<void> FollowUp::before(interaction::Act& act, fhir::Editor resource, const interaction::Pending& pending) {
  const auto type = resource.type();
  FHIR_TRY(check_numbers(act, resource, pending.previous, impl_->service.synthetic));
  FHIR_TRY(check_same_patient(act, resource, pending));
  if (type == kTask) {
    FHIR_TRY(check_closing(act, resource, pending.previous));
    FHIR_TRY(check_reopening(act, resource, pending.previous));
    FHIR_TRY(check_kept(act, resource, pending));
    prepare_work(act, resource, pending, impl_->service);
  }
  if (type == kDevice) {
    keep_serial(resource);
    return check_equipment(act, resource, pending.previous);
  }
  if (type == kComposition) return journal::check(resource);
  if (type == kCarePlan) return ebp::check(act, resource, pending.previous);
  if (type == kEpisodeOfCare) {
    FHIR_TRY(check_still_followed(act, resource, pending.previous));
    FHIR_TRY(check_course(act, resource, pending));
    return check_agreement(resource).and_then([&] { return check_planned_pause(resource, act.zone()); });
  }
  FHIR_TRY(check_whose(act, resource, pending.patient));
  if (type != kObservation && type != kServiceRequest) return {};
  const auto patient = storage::patients::survivor(act, pending.patient);
  if (type == kServiceRequest) {
    FHIR_TRY(deadline_of(resource));
    return check_limits(act, patient, resource, act.now());
  }
  FHIR_TRY(check_size(resource));
  // What another patient's reading was judged by says nothing of this one's.
  const bool same = !act.state<Binding>().on && pending.patient == pending.previous_patient;
  act.state<LastJudged>() = {resource.tree(), judge(act, patient, resource, same ? pending.previous : fhir::Element{})};
  return {};
}

Result<void> FollowUp::after(interaction::Act& act, const Stored& stored) {
  if (stored.version.type == kTask) FHIR_TRY(check_deletion(act, stored));
  if (stored.version.type == kDevice) FHIR_TRY(check_equipment_deletion(act, stored));
  FHIR_TRY(record_who(act, stored));
  const ByItself follows(act);
  if (stored.version.type == kPatient) return impl_->patient_written(act, stored);
  const auto patient = storage::patients::survivor(act, stored.version.patient);
  const auto previous = storage::patients::survivor(act, stored.previous_patient);
  if (patient == stored.version.patient && previous == stored.previous_patient) return impl_->followed(act, stored);
  auto version = stored.version;
  version.patient = patient;
  const Stored survivors{version, stored.resource, stored.previous, previous};
  return impl_->followed(act, survivors);
}

}  // namespace varde::followup
