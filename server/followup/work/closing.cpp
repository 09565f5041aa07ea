#include "server/followup/work/closing.h"

#include <fmt/format.h>

#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/colour.h"
#include "server/followup/work/step.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

bool is_ours(interaction::Act& act) {
  return act.principal().kind == access::Principal::Kind::ourselves || ByItself::is(act);
}

bool is_open_work(fhir::Element task) { return task && colour_of(task) && is_open(task); }

bool is_answered_by_completing(fhir::Element task) {
  const auto code = coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code();
  return (code == "resume" || code == "pause") && task["status"].value() == "completed";
}

bool has_outcome(fhir::Element task) {
  for (const auto output : task.each("output"))
    if (is_outcome(coding_of(fhir::view::CodeableConcept::of(output["valueCodeableConcept"]), codes::kTaskOutcome)
                       .code()
                       .text()))
      return true;
  return false;
}

/// What would let nobody be told, or tell them later: each has a step of its own, or none.
Result<void> check_times(const interaction::View& view, fhir::Element task, fhir::Element previous) {
  const auto is_later = [&](std::string_view now, std::string_view before) {
    const auto moment = parse_instant(now, view.zone()), earlier = parse_instant(before, view.zone());
    return moment && earlier && *moment > *earlier;
  };
  if (is_later(task["restriction"]["period"]["end"].value(), previous["restriction"]["period"]["end"].value()))
    return fail(Fault::business_rule,
                "Fristen for en åpen oppgave flyttes ikke fram i tid: utsett den med $snooze (an open Task is not due "
                "later by being written: put it off with $snooze)",
                "Task.restriction.period.end");
  if (task["status"].value() == "on-hold" && previous["status"].value() != "on-hold")
    return fail(Fault::business_rule,
                "En oppgave utsettes med $snooze, som varsler på nytt (a Task is put off with $snooze, which tells it "
                "again)",
                "Task.status");
  if (is_later(task["authoredOn"].value(), previous["authoredOn"].value()))
    return fail(Fault::business_rule,
                "En åpen oppgave ble til da den ble til: behold authoredOn (an open Task keeps authoredOn, from which "
                "its escalation is counted)",
                "Task.authoredOn");
  const auto group = previous["groupIdentifier"]["value"].value();
  if (!group.empty() && task["groupIdentifier"]["value"].value() != group)
    return fail(
        Fault::business_rule,
        "En åpen oppgave hører til samme situasjon: behold groupIdentifier (an open Task keeps groupIdentifier: "
        "those of one group are one line)",
        "Task.groupIdentifier");
  const auto steps = [](fhir::Element of) { return of.extension(codes::kEscalation)["valueInteger"].value(); };
  if (steps(task) != steps(previous))
    return fail(Fault::business_rule,
                "Varslingstrinnet telles av tjenesten selv (the extension escalation-step is counted by this server)",
                "Task.extension");
  return {};
}

/// Who is said to have it must be somebody who can be told, and is known here; work that is begun is somebody's. What
/// nobody has is told on to the next of the chain.
Result<void> check_owner(const interaction::View& view, fhir::Element task, fhir::Element previous) {
  const auto owner = task["owner"];
  if (owner && party_key(owner) != party_key(previous["owner"])) FHIR_TRY(check_recipient(view, owner, "Task.owner"));
  const auto status = task["status"].value();
  if (owner || status == "requested" || status == "on-hold") return {};
  if (!previous["owner"] && status == previous["status"].value()) return {};  // as it was
  return fail(Fault::business_rule,
              "En oppgave som noen har begynt på, er noens: oppgi owner, eller ta den med $take (a Task that somebody "
              "has begun has an owner: say who, or take it with $take; what nobody has stays requested)",
              "Task.owner");
}

}  // namespace

Result<void> check_closing(interaction::Act& act, fhir::Element task, fhir::Element previous) {
  if (is_ours(act) || !is_open_work(previous) || is_open_work(task)) return {};
  if (is_answered_by_completing(task) || has_outcome(task)) return {};
  return fail(
      Fault::business_rule,
      fmt::format("Oppgaven lukkes med et utfall: bruk Task/[id]/$close med outcome, en av {0} (a Task is closed "
                  "with an outcome: use $close, or write it as Task.output of CodeSystem task-outcome, one of "
                  "{0})",
                  outcome_codes()),
      "Task.status");
}

Result<void> check_reopening(interaction::Act& act, fhir::Element task, fhir::Element previous) {
  if (!previous || is_ours(act) || is_open(previous) || !is_open(task)) return {};
  if (!colour_of(previous) && !colour_of(task)) return {};  // no work of ours
  return fail(Fault::business_rule,
              fmt::format("Oppgaven er lukket, med status {0}, og åpnes ikke igjen: lag en ny oppgave (the Task is "
                          "closed, {0}, and does not open again: make another)",
                          previous["status"].value()),
              "Task.status");
}

Result<void> check_kept(interaction::Act& act, fhir::Element task, const interaction::Pending& pending) {
  if (is_ours(act) || !is_open_work(pending.previous) || !is_open_work(task)) return {};
  if (pending.previous_patient != storage::PatientKey::none &&
      storage::patients::survivor(act, pending.patient) != storage::patients::survivor(act, pending.previous_patient))
    return fail(
        Fault::business_rule,
        "En åpen oppgave gjelder samme pasient til den er lukket (an open Task stays about its patient: keep for)",
        "Task.for");
  if (*colour_of(task) > *colour_of(pending.previous))
    return fail(
        Fault::business_rule,
        "En åpen oppgave blir ikke mindre viktig av å endres: behold priority, eller lukk den med $close (an open "
        "Task does not become less urgent: keep priority, or close it with an outcome)",
        "Task.priority");
  FHIR_TRY(check_owner(act, task, pending.previous));
  return check_times(act, task, pending.previous);
}

Result<void> check_deletion(interaction::Act& act, const interaction::Stored& stored) {
  if (stored.resource || is_ours(act) || !is_open_work(stored.previous)) return {};
  return fail(Fault::business_rule,
              "En åpen oppgave slettes ikke: lukk den med $close og et utfall (an open Task is not deleted: close it "
              "with an outcome)",
              "Task.status");
}

}  // namespace varde::followup
