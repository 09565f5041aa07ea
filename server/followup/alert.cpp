#include "server/followup/alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/confirm.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/pause.h"
#include "server/followup/reading.h"
#include "server/followup/rule/rules.h"
#include "server/followup/task.h"
#include "server/followup/touched.h"
#include "server/followup/unbound.h"
#include "server/followup/unjudged.h"
#include "server/followup/window.h"
#include "server/followup/words.h"
#include "server/interaction/text.h"

namespace varde::followup {

namespace {

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kDetectedIssue = fhir::find_resource_type("DetectedIssue");

constexpr std::chrono::hours kLate{24};
constexpr std::chrono::days kRepeated{14};  ///< so long a reading outside the limits makes the next one a repeated one

/// What one alert is about and where it is written.
struct Case {
  interaction::Act& act;
  const OnRed& on_red;
  storage::PatientKey patient;
  std::string patient_id;
  const interaction::Stored& stored;
  const Judgement& judgement;
  std::string measure;  ///< key of the Observation's own code
  storage::Instant active_since;
  std::string remark = {};                    ///< of the description, such as "målt i pausen"
  std::vector<std::size_t> occurrences = {};  ///< of each of the judgement's values; 0: it is inside the limits

  std::string observation() const { return "Observation/" + stored.version.id; }
};

Case case_of(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement, const OnRed& on_red,
             const Enrolment& enrolment) {
  const auto patient = stored.version.patient;
  return {act,
          on_red,
          patient,
          act.patient_id(patient),
          stored,
          judgement,
          measure_key(stored.resource["code"]),
          enrolment.since};
}

std::string_view priority_of(Zone level) { return level == Zone::red ? "asap" : "urgent"; }

std::string with_lateness(std::string text, fhir::Element observation, const interaction::View& view) {
  const auto measured = measured_at(observation, view.zone());
  if (measured && *measured + kLate < view.now())
    text += fmt::format(" (målt {}, mottatt senere)", time::norwegian_text(*measured, view.zone()));
  return text;
}

// --- which Tasks belong together -----------------------------------------------------------------------------------

/// The group that a row points to, when its Task is still untouched and younger than the last pause.
std::string open_group(const Case& alert, const std::string& subject) {
  const auto row = storage::open_alert::get(alert.act, alert.patient, subject);
  if (!row || row->opened < alert.active_since) return {};
  const auto task = read_task(alert.act, row->task_id);
  if (!task || !is_untouched(task->root())) return {};
  return std::string(task->root()["groupIdentifier"]["value"].value());
}

void remember(const Case& alert, const std::string& subject, const std::string& task_id) {
  storage::open_alert::put(alert.act, alert.patient, {subject, task_id, alert.act.now()});
}

// --- the resources -------------------------------------------------------------------------------------------------

fhir::Tree detected_issue_of(const Case& alert) {
  const auto level = alert.judgement.level;
  auto tree = fhir::Tree::of("DetectedIssue");
  auto issue = tree.edit();
  issue.set("status", "final");
  auto code = issue.add("code");
  add_coding(code, codes::kVkpAlertCode, "5.2.1", "Måling");
  add_coding(code, codes::kAlertLevel, followup::code(level));
  issue.set("severity", level == Zone::red ? "high" : "moderate");
  add_reference(issue, "patient", "Patient/" + alert.patient_id);
  issue.set("identifiedDateTime", interaction::fhir_instant(alert.act.now()));
  add_reference(issue, "implicated", alert.observation());
  const auto evidence = [&](std::string_view reference) { add_reference(issue.add("evidence"), "detail", reference); };
  evidence(versioned("Observation", alert.stored.version.id, alert.stored.version.version));
  for (const auto& judged : alert.judgement.values) {
    if (judged.level() >= Zone::yellow) evidence(judged.source);
    for (const auto& found : judged.beyond)
      for (const auto& reading : found.seen) evidence(reading);
  }
  issue.set("detail", followup::describe(alert.judgement));
  return tree;
}

/// Which reading outside the green limits it is, of those of the last days: 1 is the first, whose equipment and
/// circumstances are asked about; a repeated one is another matter.
std::size_t occurrence(const Case& alert, const std::string& measure, Instant time) {
  constexpr std::size_t kMost = 100;
  const auto rows =
      alert.act.measurements(alert.patient, measure, time - kRepeated, time + std::chrono::microseconds{1}, kMost);
  const auto is_outside = [](const storage::Measurement& row) {
    return zone_of(row.zone).value_or(Zone::grey) >= Zone::yellow;
  };
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ranges::count_if(rows, is_outside)));
}

std::vector<std::size_t> occurrences_of(const Case& alert) {
  std::vector<std::size_t> all;
  std::map<std::string_view, std::size_t> by_measure;  // asked once of each: an Observation may have many values
  const auto time = time_of(alert.stored.resource, alert.act.zone());
  for (const auto& judged : alert.judgement.values) {
    if (judged.level() < Zone::yellow) {
      all.push_back(0);
      continue;
    }
    const auto [found, is_new] = by_measure.try_emplace(judged.value.measure, 0);
    if (is_new) found->second = occurrence(alert, judged.value.measure, time);
    all.push_back(found->second);
  }
  return all;
}

/// The highest of them.
std::size_t most_occurred(const Case& alert) {
  return alert.occurrences.empty() ? 0 : *std::ranges::max_element(alert.occurrences);
}

/// A yellow one: the first is perhaps the equipment's doing, the third is a matter for a call. Source: the handbook of
/// digital home follow-up, "gule varsler".
std::string hint_of(const Case& alert) {
  if (alert.judgement.level != Zone::yellow) return {};
  const auto count = most_occurred(alert);
  if (count <= 1)
    return "Første utenfor grønt på 14 dager: kartlegg status, og spør om feilkilder (utstyr, plassering, aktivitet "
           "rett "
           "før målingen). Be gjerne om en ny måling.";
  return count == 2 ? "Andre utenfor grønt på 14 dager: se på utviklingen."
                    : fmt::format("{}. utenfor grønt på 14 dager: ring pasienten.", count);
}

/// What the Task is made from, so that anybody can repeat the judgement.
void record_inputs(fhir::Editor task, const Case& alert, const std::string& issue_id) {
  task.remove("input");
  task.remove("reasonReference");
  add_reference(task, "reasonReference", "DetectedIssue/" + issue_id);
  if (const auto hint = hint_of(alert); !hint.empty()) add_input(task, "hint").set("valueString", hint);
  add_input(task, "rule-version").set("valueString", rule::kLimit.version);
  add_reference(add_input(task, "measurement"), "valueReference",
                versioned("Observation", alert.stored.version.id, alert.stored.version.version));
  for (std::size_t i = 0; i < alert.judgement.values.size(); ++i) {
    const auto& judged = alert.judgement.values[i];
    if (judged.level() < Zone::yellow) continue;
    add_input(task, "limits")
        .set("valueString", fmt::format("{}: {}", measure_label(judged.value), in_words(judged.limits)));
    add_reference(add_input(task, "plan"), "valueReference", judged.source);
    add_input(task, "occurrence").set("valuePositiveInt", std::to_string(alert.occurrences.at(i)));
    for (const auto& found : judged.beyond) {
      add_input(task, "rule-version").set("valueString", found.rule);
      for (const auto& reading : found.seen) add_reference(add_input(task, "seen"), "valueReference", reading);
    }
  }
}

Result<std::string> write_issue(const Case& alert) {
  auto issue = detected_issue_of(alert);
  return alert.act.create(issue.edit()).map([](const auto& version) { return version.id; });
}

/// The findings of the readings that the Task was about are wrong, or have been replaced.
Result<void> take_back_issues(interaction::Act& act, fhir::Element task) {
  for (const auto reason : task.each("reasonReference")) {
    const auto id = act.own_id(reason["reference"].value(), kDetectedIssue);
    auto issue = id.empty() ? std::nullopt : act.tree(kDetectedIssue, id);
    if (!issue) continue;
    issue->edit().set("status", "entered-in-error");
    FHIR_TRY(act.update(issue->edit(), id));
  }
  return {};
}

/// A yellow one that is not the first says so: the list tells the two apart.
std::string description_of(const Case& alert) {
  auto text = followup::describe(alert.judgement);
  if (alert.judgement.level == Zone::yellow)
    if (const auto count = most_occurred(alert); count > 1) text += fmt::format(" ({}. gang på 14 dager)", count);
  if (is_unconfirmed(alert.stored.resource)) text += " (ikke bekreftet av avsenderen ennå)";
  if (!alert.remark.empty()) return fmt::format("{} ({})", text, alert.remark);
  return with_lateness(std::move(text), alert.stored.resource, alert.act);
}

/// The worst red reading of the group so far; nullopt: the group is not red.
std::optional<Severity> worst_of_group(const Case& alert) {
  const auto subject = "red:" + alert.measure;
  if (open_group(alert, subject).empty()) return std::nullopt;
  const auto row = storage::open_alert::get(alert.act, alert.patient, subject);
  const auto task = read_task(alert.act, row->task_id);
  const auto id = alert.act.own_id(task->root()["focus"]["reference"].value(), kObservation);
  const auto version = id.empty() ? std::nullopt : alert.act.current(kObservation, id);
  const auto reading = version ? read_reading(alert.act, version->key) : std::nullopt;
  return reading ? severity_of(reading->judgement) : Severity{};
}

Result<void> tell_red(const Case& alert, const std::string& task_id, const std::optional<Severity>& group) {
  if (alert.judgement.level != Zone::red) return {};
  const bool is_news = !group || *group < severity_of(alert.judgement);
  if (is_news) remember(alert, "red:" + alert.measure, task_id);
  if (!alert.on_red) return {};
  return alert.on_red(alert.act, {alert.patient, alert.patient_id, task_id, alert.stored.version.id, is_news});
}

Result<void> write_alert(const Case& alert) {
  const auto issue = write_issue(alert);
  FHIR_TRY(issue);
  const auto group = open_group(alert, "alert:" + alert.measure);
  const auto worst = worst_of_group(alert);
  auto tree = task_of({alert.patient_id, "alert", std::string(priority_of(alert.judgement.level)),
                       description_of(alert), alert.observation()},
                      alert.act.now());
  auto task = tree.edit();
  auto identifier = task.add("groupIdentifier");
  identifier.set("system", codes::kAlertGroup);
  identifier.set("value", group.empty() ? alert.act.new_id() : group);
  record_inputs(task, alert, *issue);
  const auto stored = alert.act.create(task);
  FHIR_TRY(stored);
  remember(alert, "alert:" + alert.measure, stored->id);
  remember(alert, alert.observation(), stored->id);
  return tell_red(alert, stored->id, worst);
}

/// The reading was corrected before anybody took the Task: it now says what the reading says.
Result<void> rewrite_alert(const Case& alert, const std::string& task_id, fhir::Tree& tree) {
  if (auto taken = take_back_issues(alert.act, tree.root()); !taken) return taken;
  const auto issue = write_issue(alert);
  FHIR_TRY(issue);
  auto task = tree.edit();
  const auto worst = worst_of_group(alert);
  task.set("priority", priority_of(alert.judgement.level));
  task.set("description", description_of(alert));
  task.set("lastModified", interaction::fhir_instant(alert.act.now()));
  record_inputs(task, alert, *issue);
  const auto stored = alert.act.update(task, task_id);
  FHIR_TRY(stored);
  return tell_red(alert, task_id, worst);
}

Result<void> withdraw(interaction::Act& act, storage::PatientKey patient, const std::string& observation,
                      std::string_view why) {
  const auto row = storage::open_alert::get(act, patient, observation);
  if (!row) return {};
  storage::open_alert::remove(act, patient, observation);
  if (const auto task = read_task(act, row->task_id))
    if (auto taken = take_back_issues(act, task->root()); !taken) return taken;
  return conclude(act, row->task_id, "cancelled", why);
}

/// The Task has an owner, or is closed: it says what was judged, with the finding that holds now.
Result<void> replace_issue(const Case& alert, const std::string& task_id, fhir::Tree& tree) {
  if (auto taken = take_back_issues(alert.act, tree.root()); !taken) return taken;
  const auto issue = write_issue(alert);
  FHIR_TRY(issue);
  auto task = tree.edit();
  task.remove("reasonReference");
  add_reference(task, "reasonReference", "DetectedIssue/" + *issue);
  return alert.act.update(task, task_id).map([](const auto&) {});
}

/// A correction of a reading that already has a Task.
Result<void> follow_correction(const Case& alert, const storage::AlertRow& row, Zone before) {
  auto task = read_task(alert.act, row.task_id);
  if (task && is_untouched(task->root())) return rewrite_alert(alert, row.task_id, *task);
  // Taken or closed: its owner has judged the old value. Only what is worse than that is new work.
  if (alert.judgement.level > before) {
    if (task)
      if (auto taken = take_back_issues(alert.act, task->root()); !taken) return taken;
    return write_alert(alert);
  }
  if (task)
    if (auto replaced = replace_issue(alert, row.task_id, *task); !replaced) return replaced;
  return conclude(
      alert.act, row.task_id, {},
      (alert.act.state<Rejudging>().on ? "Vurdert på nytt: " : "Målingen er rettet: ") + description_of(alert));
}

/// Measured before the follow-up began: a history that was loaded, nobody's work.
bool is_history(const interaction::View& view, storage::PatientKey patient, fhir::Element observation) {
  const auto measured = measured_before(observation, view.zone());
  if (!measured) return false;
  const auto begun = begun_on(view, patient);
  return begun && *measured <= *begun;
}

}  // namespace

Result<void> raise_alert(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement,
                         const OnRed& on_red, std::string remark) {
  const auto patient = stored.version.patient;
  const auto enrolment = enrolment_of(act, patient);
  if (!enrolment) return {};
  auto alert = case_of(act, stored, judgement, on_red, *enrolment);
  alert.remark = std::move(remark);
  alert.occurrences = occurrences_of(alert);
  return write_alert(alert);
}

namespace {

/// Where it is agreed that readings inside the limits are told: one open Task per measure.
Result<void> tell_green(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement) {
  const auto patient = stored.version.patient;
  return raise_once(act, patient, "green:" + measure_key(stored.resource["code"]),
                    {act.patient_id(patient), "green-measurement", "routine", followup::describe(judgement),
                     "Observation/" + stored.version.id});
}

/// Why the alert that the version before raised does not stand any more; empty: it does.
std::string_view why_withdrawn(std::optional<Zone> level, bool moved, bool again) {
  if (moved) return "Målingen gjelder en annen pasient";
  if (!level) return "Målingen er trukket tilbake";
  if (*level == Zone::green && again) return "Målingen er vurdert på nytt sammen med en annen, og er nå grønn";
  if (*level == Zone::green) return "Målingen er rettet og er nå grønn";
  return *level < Zone::yellow ? "Målingen er rettet og kan ikke vurderes" : "";
}

}  // namespace

Result<void> follow_observation(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement,
                                const OnRed& on_red) {
  const auto patient = stored.version.patient;
  const bool moved = stored.previous && stored.previous_patient != patient;
  const auto before = level_of(stored.previous), level = level_of(stored.resource);
  const auto observation = "Observation/" + stored.version.id;
  const auto why = before ? why_withdrawn(level, moved, act.state<Rejudging>().on) : std::string_view{};
  if (!why.empty())
    if (auto withdrawn = withdraw(act, stored.previous_patient, observation, why); !withdrawn) return withdrawn;

  const bool counts = stands(stored.resource) && !is_test_data(stored.resource);
  if (counts && !is_known(act, patient)) return tell_unbound(act, stored);
  const auto enrolment = enrolment_of(act, patient);
  const bool alarming = level && *level >= Zone::yellow;
  if (enrolment && enrolment->state == storage::EnrolmentState::paused)
    return alarming || (before && *before >= Zone::yellow) ? name_worst(act, patient) : Result<void>{};
  if (!counts || !level || !enrolment || !enrolment->is_active(act.now())) return {};
  const bool nothing = *level == Zone::green && !judgement.has_doubt();
  if (nothing && !enrolment->tells_green) return {};
  if (is_history(act, patient, stored.resource)) return {};
  if (nothing) return tell_green(act, stored, judgement);

  auto alert = case_of(act, stored, judgement, on_red, *enrolment);
  if (auto asked = follow_unjudged(act, stored.version, judgement, alert.measure); !asked) return asked;
  if (!alarming) return {};
  alert.occurrences = occurrences_of(alert);
  if (before && !moved)
    if (const auto row = storage::open_alert::get(act, patient, observation))
      return follow_correction(alert, *row, *before);
  return waits_for_second(act, stored, judgement) ? Result<void>{} : write_alert(alert);
}

}  // namespace varde::followup
