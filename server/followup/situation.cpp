#include "server/followup/situation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/followup/codes.h"
#include "server/followup/evaluation.h"
#include "server/followup/parts.h"
#include "server/followup/rule/rules.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"

namespace varde::followup {
namespace {

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kDetectedIssue = fhir::find_resource_type("DetectedIssue");

std::string_view input_code(fhir::Element input) {
  return coding_of(fhir::view::CodeableConcept::of(input["type"]), codes::kTaskInput).code().text();
}

/// "Observation/7/_history/2" -> "7".
std::string observation_of(const interaction::View& view, fhir::Element input) {
  const auto reference = input["valueReference"]["reference"].value();
  return view.own_id(reference.substr(0, reference.find("/_history/")), kObservation);
}

std::size_t count_in(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Zone level_now(const interaction::View& view, const std::string& observation) {
  const auto stored = observation.empty() ? std::nullopt : view.tree(kObservation, observation);
  const auto level = stored ? level_of(stored->root()) : std::nullopt;
  return std::max(level.value_or(Zone::yellow), Zone::yellow);
}

/// A yellow one: the first is perhaps the equipment's doing, the third is a matter for a call. Source: the handbook of
/// digital home follow-up, "gule varsler".
std::string hint_of(const std::vector<TaskFinding>& findings) {
  if (findings.front().level != Zone::yellow) return {};
  std::size_t count = 0;
  for (const auto& finding : findings) count = std::max(count, finding.occurrence);
  if (count <= 1)
    return "Første utenfor grønt på 14 dager: kartlegg status, og spør om feilkilder (utstyr, plassering, aktivitet "
           "rett "
           "før målingen). Be gjerne om en ny måling.";
  return count == 2 ? "Andre utenfor grønt på 14 dager: se på utviklingen."
                    : fmt::format("{}. utenfor grønt på 14 dager: ring pasienten.", count);
}

std::string text_of(const std::vector<TaskFinding>& findings) {
  std::string text;
  for (const auto& finding : findings) text += (text.empty() ? "" : "; ") + finding.text;
  return text;
}

std::string_view priority_of(Zone level, std::string_view before, Lower lower) {
  const bool cannot_wait = before == "asap" || before == "stat";
  if (level == Zone::red) return before == "stat" ? "stat" : "asap";
  return cannot_wait && lower == Lower::may_not ? before : "urgent";
}

void write_inputs(fhir::Editor task, const std::vector<TaskFinding>& findings) {
  task.remove("input");
  if (const auto hint = hint_of(findings); !hint.empty()) add_input(task, "hint").set("valueString", hint);
  add_input(task, "rule-version").set("valueString", rule::kLimit.version);
  for (const auto& finding : findings) {
    bool first = true;
    for (const auto input : finding.inputs.root().each("input")) {
      task.add_copy("input", input);
      if (!first || findings.size() == 1) continue;
      first = false;
      add_input(task, "finding").set("valueString", finding.text);
      if (!finding.issue.empty()) add_reference(add_input(task, "issue"), "valueReference", finding.issue);
    }
  }
}

}  // namespace

std::vector<TaskFinding> findings_of(const interaction::View& view, fhir::Element task) {
  std::vector<TaskFinding> findings;
  for (const auto input : task.each("input")) {
    const auto code = input_code(input);
    if (code == "measurement") {
      auto& finding = findings.emplace_back();
      finding.observation = observation_of(view, input);
      finding.level = level_now(view, finding.observation);
    }
    if (findings.empty()) continue;
    auto& finding = findings.back();
    if (code == "finding") {
      finding.text = input["valueString"].value();
      continue;
    }
    if (code == "issue") {
      finding.issue = input["valueReference"]["reference"].value();
      continue;
    }
    if (code == "occurrence")
      finding.occurrence = std::max(finding.occurrence, count_in(input["valuePositiveInt"].value()));
    finding.inputs.edit().add_copy("input", input);
  }
  if (findings.size() == 1) {
    findings.front().text = task["description"].value();
    findings.front().issue = task["reasonReference"]["reference"].value();
  }
  return findings;
}

bool is_about(const interaction::View& view, fhir::Element task, std::string_view observation_id) {
  for (const auto input : task.each("input"))
    if (input_code(input) == "measurement" && observation_of(view, input) == observation_id) return true;
  return false;
}

void write_findings(fhir::Editor task, std::vector<TaskFinding> findings, Lower lower) {
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) { return a.level > b.level; });
  const auto& worst = findings.front();
  const std::string before(task["priority"].value());
  task.set("priority", priority_of(worst.level, before, lower));
  task.set("description", text_of(findings));
  task.ensure("focus").set("reference", "Observation/" + worst.observation);
  task.remove("reasonReference");
  if (!worst.issue.empty()) add_reference(task, "reasonReference", worst.issue);
  write_inputs(task, findings);
}

Result<void> take_back_issue(interaction::Act& act, std::string_view reference) {
  const auto id = act.own_id(reference, kDetectedIssue);
  auto issue = id.empty() ? std::nullopt : act.tree(kDetectedIssue, id);
  if (!issue) return {};
  issue->edit().set("status", "entered-in-error");
  return act.update(issue->edit(), id).map([](const auto&) {});
}

Result<void> drop_finding(interaction::Act& act, const std::string& task_id, const std::string& observation_id,
                          std::string_view why, Issue issue) {
  auto tree = read_task(act, task_id);
  if (!tree) return {};
  auto findings = findings_of(act, tree->root());
  const auto dropped = std::find_if(findings.begin(), findings.end(),
                                    [&](const TaskFinding& each) { return each.observation == observation_id; });
  if (dropped == findings.end()) return {};  // its Task goes on without it
  if (issue == Issue::was_wrong && !dropped->issue.empty()) FHIR_TRY(take_back_issue(act, dropped->issue));
  if (findings.size() == 1) return conclude(act, task_id, "cancelled", why);
  const auto what = fmt::format("{}: {}", dropped->text, why);
  if (!is_untouched(tree->root())) return conclude(act, task_id, {}, what);
  findings.erase(dropped);
  auto task = tree->edit();
  write_findings(task, std::move(findings), Lower::may);
  auto note = task.add("note");
  note.set("time", interaction::fhir_instant(act.now()));
  note.set("text", what);
  task.set("lastModified", interaction::fhir_instant(act.now()));
  return act.update(task, task_id).map([](const auto&) {});
}

}  // namespace varde::followup
