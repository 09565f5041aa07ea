#include "server/followup/alert.h"

#include <fmt/format.h>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/unjudged.h"
#include "server/interaction/text.h"

namespace varde::followup {

namespace {

constexpr std::string_view kRuleVersion = "limit/1";
constexpr std::chrono::hours kLate{24};

/// What one alert is about and where it is written.
struct Case {
  storage::Transaction& transaction;
  interaction::Store& store;
  const OnRed& on_red;
  storage::PatientKey patient;
  std::string patient_id;
  const interaction::Stored& stored;
  const Judgement& judgement;
  std::string measure;  ///< key of the Observation's own code
  storage::Instant active_since;

  std::string observation() const { return "Observation/" + stored.version.id; }
};

std::string_view priority_of(Zone level) { return level == Zone::red ? "asap" : "urgent"; }

std::string measure_label(const MeasuredValue& value) { return measure_name(value.place["code"]); }

/// In the limits' unit. What was converted has the measure's precision, and no more of it than keeps the number on its
/// side of the boundary: 84.96 below 85 is not "85".
double shown_value(const Judged& judged) {
  const auto& [value, limits, finding, source, doubt] = judged;
  const double exact = in_unit(value.number, value.unit, limits.unit, value.known).value_or(value.number);
  if (!value.known || value.sent_unit == limits.unit) return exact;
  for (int decimals = value.known->decimals; decimals < 6; ++decimals) {
    const double shown = rounded(exact, decimals);
    if (!finding.crossed || finding.side != Side::below || shown < finding.crossed->value) return shown;
  }
  return exact;
}

std::string describe(const Judged& judged) {
  const auto& [value, limits, finding, source, doubt] = judged;
  const auto shown = shown_value(judged);
  const auto unit = shown_unit(limits.unit);
  if (!finding.crossed)
    return fmt::format("{} {} {}: {}", measure_label(value), shown_number(shown), unit, norwegian(finding.zone));
  const auto comparator = value.place["valueQuantity"]["comparator"].value();
  const auto side = finding.side == Side::below ? "under" : shown == finding.crossed->value ? "på" : "over";
  return fmt::format("{} {}{} {} er {} {} grense {} {}", measure_label(value), comparator, shown_number(shown), unit,
                     side, norwegian(finding.zone), shown_number(finding.crossed->value), unit);
}

std::string in_words(const LimitSet& limits) {
  std::string text;
  for (const auto& range : limits.ranges)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", norwegian(range.zone), shown_range(limits, range));
  return text;
}

std::string with_lateness(std::string text, fhir::Element observation, const storage::Transaction& transaction) {
  const auto measured = measured_at(observation, transaction.zone());
  if (measured && *measured + kLate < transaction.now())
    text += fmt::format(" (målt {}, mottatt senere)", time::norwegian_text(*measured, transaction.zone()));
  return text;
}

// --- which Tasks belong together -----------------------------------------------------------------------------------

/// The group that a row points to, when its Task is still untouched and younger than the last pause.
std::string open_group(const Case& alert, const std::string& subject) {
  const auto row = storage::open_alert::get(alert.transaction, alert.patient, subject);
  if (!row || row->opened < alert.active_since) return {};
  const auto task = read_task(alert.transaction, row->task_id);
  if (!task || !is_untouched(task->root())) return {};
  return std::string(task->root()["groupIdentifier"]["value"].value());
}

void remember(const Case& alert, const std::string& subject, const std::string& task_id) {
  storage::open_alert::put(alert.transaction, alert.patient, {subject, task_id, alert.transaction.now()});
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
  issue.set("identifiedDateTime", interaction::fhir_instant(alert.transaction.now()));
  add_reference(issue, "implicated", alert.observation());
  const auto evidence = [&](std::string_view reference) { add_reference(issue.add("evidence"), "detail", reference); };
  evidence(versioned("Observation", alert.stored.version.id, alert.stored.version.version));
  for (const auto& judged : alert.judgement.values)
    if (judged.finding.zone >= Zone::yellow) evidence(judged.source);
  issue.set("detail", followup::describe(alert.judgement));
  return tree;
}

/// What the Task is made from, so that anybody can repeat the judgement.
void record_inputs(fhir::Editor task, const Case& alert, const std::string& issue_id) {
  task.remove("input");
  task.remove("reasonReference");
  add_reference(task, "reasonReference", "DetectedIssue/" + issue_id);
  add_input(task, "rule-version").set("valueString", kRuleVersion);
  add_reference(add_input(task, "measurement"), "valueReference",
                versioned("Observation", alert.stored.version.id, alert.stored.version.version));
  for (const auto& judged : alert.judgement.values) {
    if (judged.finding.zone < Zone::yellow) continue;
    add_input(task, "limits")
        .set("valueString", fmt::format("{}: {}", measure_label(judged.value), in_words(judged.limits)));
    add_reference(add_input(task, "plan"), "valueReference", judged.source);
  }
}

Result<std::string> write_issue(const Case& alert) {
  auto issue = detected_issue_of(alert);
  return alert.store.create(alert.transaction, issue.edit()).map([](const auto& version) { return version.id; });
}

std::string description_of(const Case& alert) {
  return with_lateness(followup::describe(alert.judgement), alert.stored.resource, alert.transaction);
}

Result<void> tell_if_newly_red(const Case& alert, const std::string& task_id, bool group_was_red) {
  if (alert.judgement.level != Zone::red) return {};
  remember(alert, "red:" + alert.measure, task_id);
  if (group_was_red || !alert.on_red) return {};
  return alert.on_red(alert.transaction, alert.store,
                      {alert.patient, alert.patient_id, task_id, alert.stored.version.id});
}

Result<void> raise_alert(const Case& alert) {
  const auto issue = write_issue(alert);
  if (!issue) return tl::unexpected(issue.error());
  const auto group = open_group(alert, "alert:" + alert.measure);
  const bool group_was_red = !open_group(alert, "red:" + alert.measure).empty();
  auto tree = task_of({alert.patient_id, "alert", std::string(priority_of(alert.judgement.level)),
                       description_of(alert), alert.observation()},
                      alert.transaction.now());
  auto task = tree.edit();
  auto identifier = task.add("groupIdentifier");
  identifier.set("system", codes::kAlertGroup);
  identifier.set("value", group.empty() ? alert.store.new_id() : group);
  record_inputs(task, alert, *issue);
  const auto stored = alert.store.create(alert.transaction, task);
  if (!stored) return tl::unexpected(stored.error());
  remember(alert, "alert:" + alert.measure, stored->id);
  remember(alert, alert.observation(), stored->id);
  return tell_if_newly_red(alert, stored->id, group_was_red);
}

/// The reading was corrected before anybody took the Task: it now says what the reading says.
Result<void> rewrite_alert(const Case& alert, const std::string& task_id, fhir::Tree& tree) {
  const auto issue = write_issue(alert);
  if (!issue) return tl::unexpected(issue.error());
  auto task = tree.edit();
  const bool group_was_red = !open_group(alert, "red:" + alert.measure).empty();
  task.set("priority", priority_of(alert.judgement.level));
  task.set("description", description_of(alert));
  task.set("lastModified", interaction::fhir_instant(alert.transaction.now()));
  record_inputs(task, alert, *issue);
  const auto stored = alert.store.update(alert.transaction, task, task_id);
  if (!stored) return tl::unexpected(stored.error());
  return tell_if_newly_red(alert, task_id, group_was_red);
}

Result<void> withdraw(storage::Transaction& transaction, interaction::Store& store, storage::PatientKey patient,
                      const std::string& observation, std::string_view why) {
  const auto row = storage::open_alert::get(transaction, patient, observation);
  if (!row) return {};
  storage::open_alert::remove(transaction, patient, observation);
  return conclude(transaction, store, row->task_id, "cancelled", why);
}

/// A correction of a reading that already has a Task.
Result<void> follow_correction(const Case& alert, const storage::AlertRow& row, Zone before) {
  auto task = read_task(alert.transaction, row.task_id);
  if (task && is_untouched(task->root())) return rewrite_alert(alert, row.task_id, *task);
  // Taken or closed: its owner has judged the old value. Only what is worse than that is new work.
  if (alert.judgement.level > before) return raise_alert(alert);
  return conclude(alert.transaction, alert.store, row.task_id, {}, "Målingen er rettet: " + description_of(alert));
}

/// Measured before the follow-up began: a history that was loaded, nobody's work.
bool is_history(const storage::Snapshot& snapshot, storage::PatientKey patient, fhir::Element observation) {
  const auto measured = measured_at(observation, snapshot.zone());
  if (!measured) return false;
  const auto begun = begun_on(snapshot, patient);
  return begun && *measured < *begun;
}

}  // namespace

std::string describe(const Judgement& judgement) {
  std::string text;
  for (const auto& judged : judgement.values)
    if (judged.finding.zone >= Zone::yellow) text += (text.empty() ? "" : ", ") + describe(judged);
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

Result<void> follow_observation(storage::Transaction& transaction, interaction::Store& store,
                                const interaction::Stored& stored, const Judgement& judgement, const OnRed& on_red) {
  const auto& version = stored.version;
  const auto observation = "Observation/" + version.id;
  const auto before = level_of(stored.previous);
  const auto level = level_of(stored.resource);
  if (!level) {
    if (!before) return {};
    return withdraw(transaction, store, version.patient, observation, "Målingen er trukket tilbake");
  }
  if (is_test_data(stored.resource) || version.patient == storage::PatientKey::none) return {};
  if (*level == Zone::green && before && *before >= Zone::yellow)
    if (auto gone = withdraw(transaction, store, version.patient, observation, "Målingen er rettet og er nå grønn");
        !gone)
      return gone;
  if (*level == Zone::green && !judgement.has_doubt()) return {};

  const auto enrolment = enrolment_of(transaction, version.patient);
  if (!enrolment || !enrolment->is_active(transaction.now())) return {};
  if (is_history(transaction, version.patient, stored.resource)) return {};
  const Case alert{transaction,
                   store,
                   on_red,
                   version.patient,
                   transaction.patient_id(version.patient),
                   stored,
                   judgement,
                   measure_key(stored.resource["code"]),
                   enrolment->since};
  if (auto asked = follow_unjudged(transaction, store, version, judgement, alert.measure); !asked) return asked;
  if (*level < Zone::yellow) return {};
  if (before)
    if (const auto row = storage::open_alert::get(transaction, version.patient, observation))
      return follow_correction(alert, *row, *before);
  return raise_alert(alert);
}

}  // namespace varde::followup
