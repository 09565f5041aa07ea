#include "server/followup/work/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <vector>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/closing.h"
#include "server/followup/work/who.h"
#include "server/interaction/text.h"
#include "server/storage/due.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

const fhir::TypeId kTask = fhir::find_resource_type("Task");

constexpr std::array<std::string_view, 3> kPersons{"Practitioner", "PractitionerRole", "RelatedPerson"};
constexpr std::array<std::string_view, 6> kRecipients{"Practitioner", "PractitionerRole", "RelatedPerson",
                                                      "Organization", "CareTeam",         "HealthcareService"};
constexpr std::chrono::days kLongestSnooze{31};

struct CodeRow {
  std::string_view code, display;
};
// clang-format off
constexpr std::array kSteps{
    CodeRow{"take",     "Tok oppgaven"},
    CodeRow{"delegate", "Delegerte oppgaven"},
    CodeRow{"comment",  "Kommenterte"},
    CodeRow{"snooze",   "Utsatte oppgaven"},
    CodeRow{"close",    "Lukket oppgaven"},
    CodeRow{"journal",  "Kopierte til journal"},
};
constexpr std::array kOutcomes{
    CodeRow{"contacted",      "Pasienten er kontaktet"},
    CodeRow{"not-reached",    "Pasienten ble ikke nådd"},
    CodeRow{"measured-again", "Målt på nytt"},
    CodeRow{"plan-changed",   "Grenser eller plan er endret"},
    CodeRow{"gp-contacted",   "Fastlege er kontaktet"},
    CodeRow{"sent-on",        "Legevakt, hjemmetjeneste eller sykehus er kontaktet"},
    CodeRow{"accepted",       "Henvisningen er tatt imot"},
    CodeRow{"declined",       "Henvisningen er avslått"},
    CodeRow{"equipment",      "Feil ved utstyr eller måling"},
    CodeRow{"no-action",      "Vurdert, ingen tiltak"},
    CodeRow{"other",          "Annet"},
};
// clang-format on

template <std::size_t N>
std::string_view display_of(const std::array<CodeRow, N>& rows, std::string_view code) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CodeRow& each) { return each.code == code; });
  return row == rows.end() ? std::string_view{} : row->display;
}

// --- parties ---------------------------------------------------------------------------------------------------------

Result<void> check_party(const interaction::View& view, fhir::Element reference,
                         std::span<const std::string_view> types, std::string_view name) {
  if (party_key(reference).empty())
    return fail(Fault::required_missing,
                fmt::format("{0} mangler: oppgi hvem ({0} is a valueReference with reference or identifier)", name),
                std::string(name));
  const auto literal = reference["reference"].value();
  if (literal.empty()) return {};
  for (const auto type : types) {
    const auto id = view.own_id(literal, fhir::find_resource_type(type));
    if (id.empty()) continue;
    if (view.tree(fhir::find_resource_type(type), id)) return {};
    return fail(Fault::reference_unresolved,
                fmt::format("{0} finnes ikke her (the {1} that {0} names is not known here)", name, type),
                std::string(name));
  }
  return fail(Fault::parameter_malformed,
              fmt::format("{0} kan være {1} (of {0} the types are {1})", name, fmt::join(types, ", ")),
              std::string(name));
}

std::string name_of(fhir::Element reference) {
  const auto display = reference["display"].value();
  return std::string(display.empty() ? party_key(reference) : display);
}

bool is_person(const interaction::View& view, fhir::Element reference) {
  const auto literal = reference["reference"].value();
  if (literal.empty()) {
    const auto type = reference["type"].value();
    return type.empty() || std::find(kPersons.begin(), kPersons.end(), type) != kPersons.end();
  }
  return std::any_of(kPersons.begin(), kPersons.end(), [&](std::string_view type) {
    return !view.own_id(literal, fhir::find_resource_type(type)).empty();
  });
}

/// Somebody else has it: a person who took it, or to whom it was given.
bool is_anothers(const Step& step, fhir::Element task) {
  const auto owner = task["owner"];
  return owner && is_person(step.act, owner) && party_key(owner) != party_key(step.by);
}

Result<void> refuse_anothers(const Step& step, fhir::Element task) {
  if (!is_anothers(step, task)) return {};
  const auto who = name_of(task["owner"]);
  return fail(Fault::resource_conflict,
              fmt::format("Oppgaven er allerede tatt av {0}. Deleger den først om du skal overta ({0} has the Task: "
                          "delegate it to take it over)",
                          who),
              "Task.owner");
}

Result<void> refuse_closed(fhir::Element task) {
  if (is_open(task)) return {};
  return fail(
      Fault::business_rule,
      fmt::format("Oppgaven er allerede lukket, med status {0} (the Task is closed: {0})", task["status"].value()),
      "Task.status");
}

// --- a step ----------------------------------------------------------------------------------------------------------

/// The Task and the others of its situation that are in the same hands.
std::vector<std::string> together_with(const Step& step, fhir::Element task) {
  std::vector<std::string> ids{step.task_id};
  const auto group = task["groupIdentifier"];
  if (group["system"].value() != codes::kAlertGroup) return ids;
  const auto owner = party_key(task["owner"]);
  for (const auto key : step.act.by_token(storage::parameter_key("Task", "group-identifier"), codes::kAlertGroup,
                                          group["value"].value())) {
    const auto other = step.act.tree(key);
    if (!other || !is_open(other->root()) || party_key(other->root()["owner"]) != owner) continue;
    if (other->root()["for"]["reference"].value() != task["for"]["reference"].value()) continue;
    if (std::string id(other->root()["id"].value()); id != step.task_id) ids.push_back(std::move(id));
  }
  return ids;
}

/// R4 lets a note be written by a Practitioner, not by a role.
void add_note(const Step& step, fhir::Editor task, std::string_view text) {
  if (text.empty()) return;
  auto note = task.add("note");
  const auto literal = step.by["reference"].value();
  if (literal.find("PractitionerRole/") == std::string_view::npos && !literal.empty())
    note.add_copy("authorReference", step.by);
  else
    note.set("authorString", name_of(step.by));
  note.set("time", interaction::fhir_instant(step.act.now()));
  note.set("text", text);
}

Result<void> write_provenance(const Step& step, const storage::Version& task, std::string_view code,
                              const std::string& id) {
  auto tree = fhir::Tree::of("Provenance");
  auto provenance = tree.edit();
  add_reference(provenance, "target", versioned("Task", task.id, task.version));
  provenance.set("recorded", interaction::fhir_instant(step.act.now()));
  add_coding(provenance.add("activity"), codes::kTaskStep, code, display_of(kSteps, code));
  provenance.add("agent").add_copy("who", step.by);
  return step.act.create(provenance, id).map([](const auto&) {});
}

using Change = std::function<void(fhir::Editor task)>;

/// A version of the Task, and who made it.
Result<void> make(const Step& step, const std::string& id, std::string_view code, const Change& change) {
  auto tree = read_task(step.act, id);
  if (!tree) return {};
  auto task = tree->edit();
  change(task);
  task.set("lastModified", interaction::fhir_instant(step.act.now()));
  const auto provenance = step.act.new_id();
  add_reference(task, "relevantHistory", "Provenance/" + provenance);
  const SaysWho says(step.act);
  const ByItself a_step(step.act);  // what may not be done by writing the Task
  const auto written = step.act.update(task, id);
  FHIR_TRY(written);
  return write_provenance(step, *written, code, provenance);
}

Result<void> make_together(const Step& step, fhir::Element task, std::string_view code, const Change& change) {
  for (const auto& id : together_with(step, task)) FHIR_TRY(make(step, id, code, change));
  return {};
}

Result<fhir::Tree> read_for(const Step& step) {
  FHIR_TRY(check_person(step.act, step.by, "by"));
  auto tree = read_task(step.act, step.task_id);
  if (!tree) return fail(Fault::not_found, "Oppgaven finnes ikke (there is no such Task)");
  return std::move(*tree);
}

void give(fhir::Editor task, fhir::Element owner) {
  task.remove("owner");
  task.add_copy("owner", owner);
  remove_each(task, "extension", [](fhir::Element each) {
    return each["url"].value() == codes::kEscalation || each["url"].value() == codes::kSnoozedUntil;
  });
}

void forget_snooze(const Step& step, std::string_view task_id) {
  const auto version = step.act.current(kTask, task_id);
  if (version)
    storage::due::remove(step.act, storage::DueKind::snooze, storage::patients::survivor(step.act, version->patient),
                         task_id);
}

std::string joined(std::string text, std::string_view comment) {
  if (!comment.empty()) text.append(" ").append(comment);
  return text;
}

}  // namespace

Result<void> check_person(const interaction::View& view, fhir::Element reference, std::string_view name) {
  return check_party(view, reference, kPersons, name);
}
Result<void> check_recipient(const interaction::View& view, fhir::Element reference, std::string_view name) {
  return check_party(view, reference, kRecipients, name);
}

Result<void> take(const Step& step) {
  const auto tree = read_for(step);
  FHIR_TRY(tree);
  const auto task = tree->root();
  FHIR_TRY(refuse_closed(task));
  FHIR_TRY(refuse_anothers(step, task));
  const bool has_it = party_key(task["owner"]) == party_key(step.by) && task["status"].value() == "in-progress";
  if (has_it) return {};
  forget_snooze(step, step.task_id);
  return make_together(step, task, "take", [&](fhir::Editor each) {
    give(each, step.by);
    each.set("status", "in-progress");
    each.remove("statusReason");
  });
}

Result<void> delegate(const Step& step, fhir::Element to, std::string_view comment) {
  const auto tree = read_for(step);
  FHIR_TRY(tree);
  FHIR_TRY(check_recipient(step.act, to, "to"));
  FHIR_TRY(refuse_closed(tree->root()));
  forget_snooze(step, step.task_id);
  const auto words = joined(fmt::format("Delegert til {}.", name_of(to)), comment);
  return make_together(step, tree->root(), "delegate", [&](fhir::Editor each) {
    give(each, to);
    each.set("status", "requested");
    each.remove("statusReason");
    add_note(step, each, words);
  });
}

Result<void> comment(const Step& step, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail(Fault::required_missing, "Kommentaren er tom: skriv den i text (the comment is empty: text says it)",
                "text");
  const auto tree = read_for(step);
  FHIR_TRY(tree);
  return make(step, step.task_id, "comment", [&](fhir::Editor task) { add_note(step, task, text); });
}

Result<void> snooze(const Step& step, storage::Instant until, std::string_view comment) {
  const auto tree = read_for(step);
  FHIR_TRY(tree);
  FHIR_TRY(refuse_closed(tree->root()));
  FHIR_TRY(refuse_anothers(step, tree->root()));
  if (until <= step.act.now() || until > step.act.now() + kLongestSnooze)
    return fail(Fault::parameter_malformed,
                "until må være fram i tid, og høyst 31 dager (until is ahead of now, and by at most 31 days)", "until");
  const auto words = joined(fmt::format("Utsatt til {}.", time::norwegian_text(until, step.act.zone())), comment);
  for (const auto& id : together_with(step, tree->root())) {
    FHIR_TRY(make(step, id, "snooze", [&](fhir::Editor task) {
      give(task, step.by);
      task.set("status", "on-hold");
      task.ensure("statusReason").set("text", words);
      auto extension = task.add("extension");
      extension.set("url", codes::kSnoozedUntil);
      extension.set("valueDateTime", time::fhir_date_time(until, step.act.zone()));
      add_note(step, task, words);
    }));
    const auto version = step.act.current(kTask, id);
    storage::due::put(step.act,
                      {storage::DueKind::snooze, storage::patients::survivor(step.act, version->patient), id, until});
  }
  return {};
}

bool is_outcome(std::string_view code) { return !display_of(kOutcomes, code).empty(); }
std::string outcome_codes() {
  std::string known;
  for (const auto& row : kOutcomes) known.append(known.empty() ? "" : ", ").append(row.code);
  return known;
}

Result<void> close(const Step& step, const Closing& closing) {
  const auto tree = read_for(step);
  FHIR_TRY(tree);
  const auto task = tree->root();
  const auto display = display_of(kOutcomes, closing.outcome);
  if (display.empty()) {
    const auto known = outcome_codes();
    if (closing.outcome.empty())
      return fail(Fault::required_missing,
                  fmt::format("En oppgave lukkes med et utfall: {0} (a Task is closed with an outcome: {0})", known),
                  "outcome");
    return fail(Fault::code_invalid, fmt::format("Utfallet er ett av {0} (the outcome is one of {0})", known),
                "outcome");
  }
  if (closing.outcome == "other" && closing.note.empty())
    return fail(Fault::required_missing, "Utfallet «annet» trenger et notat (the outcome other needs a note)", "note");
  if (task["status"].value() == "completed" && party_key(task["owner"]) == party_key(step.by) &&
      task["output"]["valueCodeableConcept"]["coding"]["code"].value() == closing.outcome)
    return {};
  FHIR_TRY(refuse_closed(task));
  FHIR_TRY(refuse_anothers(step, task));
  FHIR_TRY(make_together(step, task, "close", [&](fhir::Editor each) {
    give(each, step.by);
    each.set("status", "completed");
    each.remove("statusReason");
    auto output = each.add("output");
    add_coding(output.add("type"), codes::kTaskStep, "close", display_of(kSteps, "close"));
    add_coding(output.add("valueCodeableConcept"), codes::kTaskOutcome, closing.outcome, display);
    add_note(step, each, closing.note);
  }));
  if (closing.state.empty()) return {};
  const auto patient = step.act.own_id(task["for"]["reference"].value(), fhir::find_resource_type("Patient"));
  return set_patient_state(step.act, patient, closing.state, step.by, closing.note);
}

Result<void> note_journal(const Step& step, const std::string& composition_id) {
  return make(step, step.task_id, "journal", [&](fhir::Editor task) {
    auto output = task.add("output");
    add_coding(output.add("type"), codes::kTaskStep, "journal", display_of(kSteps, "journal"));
    add_reference(output, "valueReference", "Composition/" + composition_id);
  });
}

Result<void> set_patient_state(interaction::Act& act, const std::string& patient_id, std::string_view state,
                               fhir::Element by, std::string_view reason) {
  if (state != "green" && state != "yellow" && state != "red")
    return fail(Fault::code_invalid,
                "Pasientens tilstand er green, yellow eller red (the patient's state is green, yellow or red)",
                "state");
  const auto patient = storage::patients::survivor(act, act.patient_key(patient_id));
  for (const auto& row : storage::enrolment::all(act, patient)) {
    if (row.state == storage::EnrolmentState::ended) continue;
    auto tree = act.tree(row.resource);
    if (!tree) continue;
    auto episode = tree->edit();
    remove_each(episode, "extension", [](fhir::Element each) { return each["url"].value() == codes::kPatientState; });
    auto extension = episode.add("extension");
    const auto part = [&](std::string_view url) {
      auto inner = extension.add("extension");
      inner.set("url", url);
      return inner;
    };
    part("level").set("valueCode", state);
    part("since").set("valueDateTime", time::fhir_date_time(act.now(), act.zone()));
    part("by").add_copy("valueReference", by);
    if (!reason.empty()) part("reason").set("valueString", reason);
    extension.set("url", codes::kPatientState);
    const DoneBy done_by(act, by, "set-state");
    return act.update(episode, std::string(tree->root()["id"].value())).map([](const auto&) {});
  }
  return fail(Fault::business_rule, "Pasienten er ikke under oppfølging (the patient is not enrolled)", "state");
}

}  // namespace varde::followup
