#include "server/followup/alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "fhir-model/time/text.h"
#include "server/followup/alert_case.h"
#include "server/followup/codes.h"
#include "server/followup/confirm.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/pause.h"
#include "server/followup/reading.h"
#include "server/followup/situation.h"
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

// --- the worst so far ------------------------------------------------------------------------------------------------

/// The measure's own reading among those that the Task is about.
std::optional<Reading> own_reading(const Case& alert, fhir::Element task) {
  for (const auto& finding : findings_of(alert.act, task)) {
    const auto version = alert.act.current(kObservation, finding.observation);
    auto reading = version ? read_reading(alert.act, version->key) : std::nullopt;
    if (reading && measure_key(reading->observation->root()["code"]) == alert.measure) return reading;
  }
  return std::nullopt;
}

/// The worst red reading of the measure's group so far; nullopt: the group is not red.
std::optional<Severity> worst_of_group(const Case& alert) {
  const auto subject = "red:" + alert.measure;
  if (open_group(alert, subject).empty()) return std::nullopt;
  const auto row = storage::open_alert::get(alert.act, alert.patient, subject);
  const auto task = read_task(alert.act, row->task_id);
  const auto reading = own_reading(alert, task->root());
  return reading ? severity_of(reading->judgement) : Severity{};
}

Result<void> tell_red(const Case& alert, const std::string& task_id, const std::optional<Severity>& group) {
  if (alert.judgement.level != Zone::red) return {};
  const bool is_news = !group || *group < severity_of(alert.judgement);
  if (is_news) remember(alert, "red:" + alert.measure, task_id);
  if (!alert.on_red) return {};
  return alert.on_red(alert.act, {alert.patient, alert.patient_id, task_id, alert.stored.version.id, is_news});
}

// --- the situation: what turned worse together -----------------------------------------------------------------------

constexpr std::string_view kSituation = "situation";  // subject of the latest alert, of whatever measure

struct OpenTask {
  std::string id, group;
  fhir::Tree tree;
  std::vector<TaskFinding> findings;
  bool has_own = false;  ///< a reading of the same measure
};

/// The patient's latest alert of any measure, when nobody has touched it and a reading of it was made at about the
/// same time.
std::optional<OpenTask> open_situation(const Case& alert) {
  auto group = open_group(alert, std::string(kSituation));
  if (group.empty()) return std::nullopt;
  const auto row = storage::open_alert::get(alert.act, alert.patient, kSituation);
  OpenTask open{row->task_id, std::move(group), std::move(*read_task(alert.act, row->task_id)), {}};
  open.findings = findings_of(alert.act, open.tree.root());
  const auto time = time_of(alert.stored.resource, alert.act.zone());
  bool is_near = false;
  for (const auto& finding : open.findings) {
    const auto stored = alert.act.tree(kObservation, finding.observation);
    if (!stored) continue;
    const auto other = time_of(stored->root(), alert.act.zone());
    is_near = is_near || std::chrono::abs(time - other) <= kTogether;
    open.has_own = open.has_own || measure_key(stored->root()["code"]) == alert.measure;
  }
  return is_near ? std::optional(std::move(open)) : std::nullopt;
}

bool is_alone(const Case& alert, const OpenTask& open) {
  const auto group = storage::parameter_key("Task", "group-identifier");
  return alert.act.by_token(group, codes::kAlertGroup, open.group).size() <= 1;
}

void remember_task(const Case& alert, const std::string& task_id) {
  remember(alert, "alert:" + alert.measure, task_id);
  remember(alert, std::string(kSituation), task_id);
  remember(alert, alert.observation(), task_id);
}

void set_group(fhir::Editor task, std::string_view group) {
  task.remove("groupIdentifier");
  auto identifier = task.add("groupIdentifier");
  identifier.set("system", codes::kAlertGroup);
  identifier.set("value", group);
}

Result<std::string> update_task(const Case& alert, fhir::Editor task, const std::string& task_id) {
  task.set("lastModified", interaction::fhir_instant(alert.act.now()));
  return alert.act.update(task, task_id).map([&](const auto&) { return task_id; });
}

/// Another measure has turned worse beside those that the Task is about.
Result<std::string> join(const Case& alert, OpenTask open, const std::string& group, TaskFinding finding) {
  auto task = open.tree.edit();
  auto note = task.add("note");
  note.set("time", interaction::fhir_instant(alert.act.now()));
  note.set("text", "Nytt i samme situasjon: " + finding.text);
  if (!group.empty() && group != open.group) set_group(task, group);
  open.findings.push_back(std::move(finding));
  write_findings(task, std::move(open.findings), Lower::may_not);
  return update_task(alert, task, open.id);
}

/// Yellow findings of other measures stand on the Task that turns red from now on, so that the line that is seen names
/// them. What is as bad stays where it is, with its own time.
Result<std::vector<TaskFinding>> take_over(const Case& alert, OpenTask& open) {
  std::vector<TaskFinding> kept, moved;
  for (auto& finding : open.findings) {
    const auto stored = alert.act.tree(kObservation, finding.observation);
    const bool own = stored && measure_key(stored->root()["code"]) == alert.measure;
    const bool moves = !own && finding.level < alert.judgement.level;
    (moves ? moved : kept).push_back(std::move(finding));
  }
  if (moved.empty() || kept.empty()) return std::vector<TaskFinding>{};
  auto task = open.tree.edit();
  write_findings(task, std::move(kept), Lower::may_not);
  FHIR_TRY(update_task(alert, task, open.id));
  return moved;
}

void remember_moved(const Case& alert, const std::vector<std::string>& observations, const std::string& task_id) {
  for (const auto& id : observations) {
    remember(alert, "Observation/" + id, task_id);
    if (const auto stored = alert.act.tree(kObservation, id))
      remember(alert, "alert:" + measure_key(stored->root()["code"]), task_id);
  }
}

Result<std::string> open_task(const Case& alert, std::optional<OpenTask> open, std::string group, TaskFinding finding) {
  std::vector<TaskFinding> findings;
  if (open && open->has_own) {
    auto moved = take_over(alert, *open);
    FHIR_TRY(moved);
    findings = std::move(*moved);
  }
  if (group.empty()) group = open ? open->group : alert.act.new_id();
  auto tree = task_of({alert.patient_id, "alert", "urgent", {}, alert.observation()}, alert.act.now());
  auto task = tree.edit();
  set_group(task, group);
  std::vector<std::string> others;
  std::transform(findings.begin(), findings.end(), std::back_inserter(others),
                 [](const TaskFinding& each) { return each.observation; });
  findings.insert(findings.begin(), std::move(finding));
  write_findings(task, std::move(findings), Lower::may);
  return alert.act.create(task).map([&](const auto& stored) {
    remember_moved(alert, others, stored.id);
    return stored.id;
  });
}

Result<void> write_alert(const Case& alert) {
  auto finding = finding_of(alert);
  FHIR_TRY(finding);
  const auto worst = worst_of_group(alert);
  const auto group = open_group(alert, "alert:" + alert.measure);
  auto open = open_situation(alert);
  const bool joins = open && !open->has_own && (group.empty() || group == open->group || is_alone(alert, *open));
  const auto id = joins ? join(alert, std::move(*open), group, std::move(*finding))
                        : open_task(alert, std::move(open), group, std::move(*finding));
  FHIR_TRY(id);
  remember_task(alert, *id);
  return tell_red(alert, *id, worst);
}

// --- corrections -----------------------------------------------------------------------------------------------------

TaskFinding* find(std::vector<TaskFinding>& findings, const Case& alert) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const TaskFinding& each) { return each.observation == alert.stored.version.id; });
  return found == findings.end() ? nullptr : &*found;
}

/// The reading was corrected before anybody took the Task: it now says what the reading says.
Result<void> rewrite_alert(const Case& alert, const std::string& task_id, fhir::Tree& tree) {
  auto findings = findings_of(alert.act, tree.root());
  auto* const before = find(findings, alert);
  FHIR_TRY(take_back_issue(alert.act, before->issue));
  auto finding = finding_of(alert);
  FHIR_TRY(finding);
  const auto worst = worst_of_group(alert);
  *before = std::move(*finding);
  write_findings(tree.edit(), std::move(findings), Lower::may);
  FHIR_TRY(update_task(alert, tree.edit(), task_id));
  return tell_red(alert, task_id, worst);
}

Result<void> withdraw(interaction::Act& act, storage::PatientKey patient, const std::string& observation_id,
                      std::string_view why) {
  const auto subject = "Observation/" + observation_id;
  const auto row = storage::open_alert::get(act, patient, subject);
  if (!row) return {};
  storage::open_alert::remove(act, patient, subject);
  return drop_finding(act, row->task_id, observation_id, why, Issue::was_wrong);
}

/// The Task has an owner, or is closed: it says what was judged, with the finding that holds now.
Result<void> replace_issue(const Case& alert, const std::string& task_id, fhir::Tree& tree) {
  auto findings = findings_of(alert.act, tree.root());
  auto* const found = find(findings, alert);
  if (!found) return {};
  FHIR_TRY(take_back_issue(alert.act, found->issue));
  const auto issue = write_issue(alert);
  FHIR_TRY(issue);
  auto task = tree.edit();
  const auto replaces = [&](fhir::Editor parent) {
    if (parent["reference"].value() == found->issue) parent.set("reference", *issue);
  };
  replaces(task.edit(task["reasonReference"]));
  for (const auto input : task.each("input"))
    if (input["valueReference"]) replaces(task.edit(input["valueReference"]));
  return alert.act.update(task, task_id).map([](const auto&) {});
}

/// Whether the correction is new work, of a Task that somebody has taken or closed. An owner who works on it reads the
/// note that it is further out of the same colour; of what is closed nobody does.
bool is_worse(const Case& alert, const std::optional<fhir::Tree>& task, const Severity& before) {
  const auto now = severity_of(alert.judgement);
  const bool is_worked_on = task && is_open(task->root());
  return is_worked_on ? now.level > before.level : now > before;
}

/// A correction of a reading that already has a Task.
Result<void> follow_correction(const Case& alert, const storage::AlertRow& row, const Severity& before) {
  auto task = read_task(alert.act, row.task_id);
  const bool stands_there = task && is_about(alert.act, task->root(), alert.stored.version.id);
  if (stands_there && is_untouched(task->root())) return rewrite_alert(alert, row.task_id, *task);
  // Taken or closed: its owner has judged the old value. Only what is worse than that is new work.
  if (is_worse(alert, task, before)) {
    if (stands_there) {
      auto findings = findings_of(alert.act, task->root());
      FHIR_TRY(take_back_issue(alert.act, find(findings, alert)->issue));
    }
    return write_alert(alert);
  }
  if (!stands_there) return {};  // a pause has taken it from there
  FHIR_TRY(replace_issue(alert, row.task_id, *task));
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
  std::string words;
  for (const auto& judged : judgement.values)
    words.append(words.empty() ? "" : ", ").append(followup::describe(judged));
  return raise_once(act, patient, "green:" + measure_key(stored.resource["code"]),
                    {act.patient_id(patient), "green-measurement", "routine", as_sentence(words),
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
    if (auto withdrawn = withdraw(act, stored.previous_patient, stored.version.id, why); !withdrawn) return withdrawn;

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
      return follow_correction(alert, *row, severity_of(judgement_of(stored.previous)));
  return waits_for_second(act, stored, judgement) ? Result<void>{} : write_alert(alert);
}

}  // namespace varde::followup
