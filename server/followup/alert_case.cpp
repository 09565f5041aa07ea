#include "server/followup/alert_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/reading.h"
#include "server/followup/task.h"
#include "server/followup/window.h"
#include "server/followup/words.h"
#include "server/interaction/text.h"

namespace varde::followup {
namespace {

constexpr std::chrono::hours kLate{24};
constexpr std::chrono::days kRepeated{14};  ///< so long a reading outside the limits makes the next one a repeated one

std::string with_lateness(std::string text, fhir::Element observation, const interaction::View& view) {
  const auto measured = measured_at(observation, view.zone());
  if (measured && *measured + kLate < view.now())
    text += fmt::format(" (målt {}, mottatt senere)", in_words(measured_text(observation), view.zone()));
  return text;
}

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

/// The highest of them.
std::size_t most_occurred(const Case& alert) {
  return alert.occurrences.empty() ? 0 : *std::ranges::max_element(alert.occurrences);
}

/// What the finding is made from, so that anybody can repeat the judgement.
fhir::Tree inputs_of(const Case& alert) {
  auto tree = fhir::Tree::of("Task");
  auto task = tree.edit();
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
  return tree;
}

}  // namespace

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

Result<std::string> write_issue(const Case& alert) {
  auto issue = detected_issue_of(alert);
  return alert.act.create(issue.edit()).map([](const auto& version) { return "DetectedIssue/" + version.id; });
}

std::string description_of(const Case& alert) {
  auto text = followup::describe(alert.judgement);
  if (alert.judgement.level == Zone::yellow)
    if (const auto count = most_occurred(alert); count > 1) text += fmt::format(" ({}. gang på 14 dager)", count);
  if (is_unconfirmed(alert.stored.resource)) text += " (ikke bekreftet av avsenderen ennå)";
  if (!alert.remark.empty()) return fmt::format("{} ({})", text, alert.remark);
  return with_lateness(std::move(text), alert.stored.resource, alert.act);
}

Result<TaskFinding> finding_of(const Case& alert) {
  return write_issue(alert).map([&](std::string issue) {
    return TaskFinding{alert.stored.version.id, std::move(issue),     description_of(alert),
                       alert.judgement.level,   most_occurred(alert), inputs_of(alert)};
  });
}

}  // namespace varde::followup
