#include "server/followup/journal/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/instant.h"
#include "server/followup/journal/kind.h"
#include "server/followup/journal/task_text.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/storage/journal.h"

namespace varde::followup::journal {
namespace {

const fhir::TypeId kComposition = fhir::find_resource_type("Composition");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kTask = fhir::find_resource_type("Task");
const auto kEntryParameter = storage::parameter_key("Composition", "entry");
constexpr std::size_t kMostOfOneSituation = 20;
constexpr std::string_view kNote = "Notat";

struct OfTask {
  std::string_view code, kind;
};
// clang-format off
constexpr std::array kOfTasks{
    OfTask{"alert",               "measurement"},
    OfTask{"green-measurement",   "measurement"},
    OfTask{"missing-measurement", "measurement"},
    OfTask{"technical",           "measurement"},
    OfTask{"resume",              "measurement"},
    OfTask{"receive-referral",    "135"},
    OfTask{"evaluation",          "170"},
    OfTask{"message",             "message"},
};
// clang-format on

std::string_view code_of(fhir::Element task) {
  return coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code().text();
}

std::string_view kind_of(fhir::Element task) {
  const auto code = code_of(task);
  const auto row =
      std::find_if(kOfTasks.begin(), kOfTasks.end(), [&](const OfTask& each) { return each.code == code; });
  return row == kOfTasks.end() ? "136" : row->kind;
}

std::string_view kind_of_entry(fhir::Element composition) {
  for (const auto category : composition.each("category"))
    if (const auto code = coding_of(fhir::view::CodeableConcept::of(category), codes::kJournalKind).code().text();
        !code.empty())
      return code;
  return {};
}

/// The Task, and the others of its situation, oldest first.
std::vector<fhir::Tree> situation_of(const interaction::View& view, fhir::Element task) {
  std::vector<fhir::Tree> all;
  all.push_back(fhir::Tree::copy_of(task));
  const auto group = task["groupIdentifier"];
  if (group["system"].value() != codes::kAlertGroup) return all;
  for (const auto key :
       view.by_token(storage::parameter_key("Task", "group-identifier"), codes::kAlertGroup, group["value"].value())) {
    if (all.size() == kMostOfOneSituation) break;
    auto other = view.tree(key);
    if (!other || other->root()["id"].value() == task["id"].value()) continue;
    if (other->root()["for"]["reference"].value() != task["for"]["reference"].value()) continue;
    all.push_back(std::move(*other));
  }
  return all;
}

/// The entry that a Task was copied to; empty: it was not.
std::string entry_of(const interaction::View& view, fhir::Element task) {
  for (const auto output : task.each("output"))
    if (coding_of(fhir::view::CodeableConcept::of(output["type"]), codes::kTaskStep).code() == "journal")
      return view.own_id(output["valueReference"]["reference"].value(), kComposition);
  return {};
}

std::string about(fhir::Element composition) {
  const auto identifier = composition["identifier"];
  return identifier["system"].value() == codes::kJournalEntry ? std::string(identifier["value"].value())
                                                              : std::string();
}

bool is_note(fhir::Element section) { return section["title"].value() == kNote; }

/// The narratives of all sections but the free text.
std::string said_by(fhir::Element composition) {
  std::string text;
  for (const auto section : composition.each("section"))
    if (!is_note(section)) text.append(section["title"].value()).append(section["text"]["div"].value());
  return text;
}

void put_sections(fhir::Editor composition, const std::vector<Section>& sections) {
  std::vector<fhir::Tree> notes;
  for (const auto section : composition.each("section"))
    if (is_note(section)) notes.push_back(fhir::Tree::copy_of(section));
  composition.remove("section");
  for (const auto& section : sections) add_section(composition, section);
  for (const auto& note : notes) composition.add_copy("section", note.root());
}

void amend(const interaction::View& view, fhir::Editor composition) {
  composition.set("status", "amended");
  composition.set("date", time::fhir_date_time(view.now(), view.zone()));
}

Result<void> add_note(interaction::Act& act, const std::string& id, std::string_view text) {
  auto tree = act.tree(kComposition, id);
  if (!tree || text.empty()) return {};
  const Section note{kNote, {std::string(text)}};
  for (const auto section : tree->root().each("section"))
    if (is_note(section) && section["text"]["div"].value() == narrative_of(note)) return {};  // said already
  add_section(tree->edit(), note);
  amend(act, tree->edit());
  return act.update(tree->edit(), id).map([](const auto&) {});
}

/// What the entry tells of says something else now.
Result<void> correct(interaction::Act& act, const std::string& id) {
  auto tree = act.tree(kComposition, id);
  if (!tree || !is_entry(tree->root()) || tree->root()["status"].value() == "entered-in-error") return {};
  const auto task_id = act.own_id(about(tree->root()), kTask);
  const auto task = task_id.empty() ? std::nullopt : act.tree(kTask, task_id);
  if (!task) return {};
  const auto before = said_by(tree->root());
  put_sections(tree->edit(), task_sections(act, situation_of(act, task->root())));
  if (said_by(tree->root()) == before) return {};
  amend(act, tree->edit());
  return act.update(tree->edit(), id).map([](const auto&) {});
}

// --- by itself -------------------------------------------------------------------------------------------------------

bool goes_by_itself(const Service& service, std::string_view kind) {
  return std::find(service.journal.begin(), service.journal.end(), kind) != service.journal.end();
}

Result<void> follow_done(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  const auto task = stored.resource;
  const bool done = task["status"].value() == "completed" && stored.previous["status"].value() != "completed";
  if (!done || !task["output"] || code_of(task).empty() || !task["for"] || !goes_by_itself(service, kind_of(task)))
    return {};
  auto by = fhir::Tree::of("Reference");
  by.edit().set("display", "Digital hjemmeoppfølging");
  const auto owner = task["owner"];
  return copy_task({act, stored.version.id, owner ? owner : by.root()}, {}, {}).map([](const auto&) {});
}

struct CourseWords {
  Stage stage;
  std::string_view words;
};
// clang-format off
constexpr std::array kCourseWords{
    CourseWords{Stage::trial,   "Digital hjemmeoppfølging er startet som utprøving"},
    CourseWords{Stage::running, "Digital hjemmeoppfølging er startet"},
    CourseWords{Stage::paused,  "Digital hjemmeoppfølging er satt på pause"},
    CourseWords{Stage::ended,   "Digital hjemmeoppfølging er avsluttet"},
};
// clang-format on

Result<void> follow_course(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  if (!stored.resource || !goes_by_itself(service, "course")) return {};
  const auto stage = stage_of(stored.resource), before = stage_of(stored.previous);
  const auto row = std::find_if(kCourseWords.begin(), kCourseWords.end(),
                                [&](const CourseWords& each) { return stage == each.stage; });
  if (stage == before || row == kCourseWords.end()) return {};
  const bool goes_on = stage == Stage::running && before == Stage::paused;
  Section section{"Tjenesteforløp"};
  section.lines.push_back(fmt::format("{} {}.",
                                      goes_on ? "Digital hjemmeoppfølging går videre etter pause" : row->words,
                                      time::norwegian_text(act.now(), act.zone())));
  if (const auto reason = stored.resource.extension(codes::kPauseReason)["valueString"].value();
      stage == Stage::paused && !reason.empty())
    section.lines.push_back(fmt::format("Årsak: {}.", reason));
  section.entries.push_back("EpisodeOfCare/" + stored.version.id);
  return write(act, {versioned("EpisodeOfCare", stored.version.id, stored.version.version),
                     "course",
                     "Digital hjemmeoppfølging",
                     "Patient/" + act.patient_id(stored.version.patient),
                     {},
                     {std::move(section)}})
      .map([](const auto&) {});
}

Failure unknown_kind(std::string_view place) {
  return {Fault::code_invalid, fmt::format("Journalføringens art er en av {0} (the kind is one of {0})", kind_codes()),
          std::string(place)};
}

Result<void> refuse_deletion(const interaction::Stored& stored) {
  if (stored.resource || !is_entry(stored.previous)) return {};
  return fail(Fault::business_rule,
              "En journalføring slettes ikke, den rettes: sett status entered-in-error (a journal entry is corrected, "
              "not deleted: set its status to entered-in-error)");
}

}  // namespace

bool is_entry(fhir::Element composition) { return !kind_of_entry(composition).empty(); }

Result<void> check(fhir::Element composition) {
  for (const auto category : composition.each("category"))
    for (const auto coding : category.each("coding"))
      if (coding["system"].value() == codes::kJournalKind && !find_kind(coding["code"].value()))
        return tl::unexpected(unknown_kind("Composition.category"));
  return {};
}

Result<std::string> write(interaction::Act& act, const Entry& entry) {
  const auto* kind = find_kind(entry.kind);
  if (!kind) return tl::unexpected(unknown_kind("kind"));
  auto tree = fhir::Tree::of("Composition");
  auto composition = tree.edit();
  auto identifier = composition.add("identifier");
  identifier.set("system", codes::kJournalEntry);
  identifier.set("value", entry.about);
  composition.set("status", "final");
  add_coding(composition.add("type"), codes::kLoinc, "11506-3", "Progress note");
  add_coding(composition.add("category"), codes::kJournalKind, kind->code, kind->name);
  add_reference(composition, "subject", entry.subject);
  composition.set("date", time::fhir_date_time(act.now(), act.zone()));
  if (entry.author)
    composition.add_copy("author", entry.author);
  else
    composition.add("author").set("display", "Digital hjemmeoppfølging");
  composition.set("title", entry.title);
  for (const auto& section : entry.sections) add_section(composition, section);
  return act.create(composition).map([](const auto& version) { return version.id; });
}

Result<std::string> copy_task(const Step& step, std::string_view kind, std::string_view text) {
  auto& act = step.act;
  const auto tree = read_task(act, step.task_id);
  if (!tree) return fail(Fault::not_found, "Oppgaven finnes ikke (there is no such Task)");
  const auto task = tree->root();
  const auto patient = act.own_id(task["for"]["reference"].value(), fhir::find_resource_type("Patient"));
  if (patient.empty())
    return fail(Fault::business_rule,
                "Oppgaven gjelder ingen pasient og kan ikke journalføres (the Task is about no patient of ours)",
                "Task.for");
  if (!kind.empty() && !find_kind(kind)) return tl::unexpected(unknown_kind("kind"));
  const auto situation = situation_of(act, task);
  for (const auto& each : situation)
    if (const auto id = entry_of(act, each.root()); !id.empty()) {
      FHIR_TRY(add_note(act, id, text));
      if (entry_of(act, task).empty()) FHIR_TRY(note_journal(step, id));
      return id;
    }
  auto sections = task_sections(act, situation);
  if (!text.empty()) sections.push_back({kNote, {std::string(text)}});
  const auto display = task["code"]["coding"]["display"].value();
  auto id = write(act, {"Task/" + step.task_id, kind.empty() ? kind_of(task) : kind,
                        display.empty() ? std::string("Oppgave") : std::string(display), "Patient/" + patient, step.by,
                        std::move(sections)});
  FHIR_TRY(id);
  FHIR_TRY(note_journal(step, *id));
  return id;
}

Result<void> follow(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  const auto type = stored.version.type;
  if (type == kComposition) {
    FHIR_TRY(refuse_deletion(stored));
    if (is_entry(stored.resource))
      storage::journal::put(act, stored.version.patient, stored.version.key, stored.version.version);
    return {};
  }
  if (type == kEpisodeOfCare) return follow_course(act, stored, service);
  if (!stored.previous || (type != kObservation && type != kTask && type != kCommunication)) return {};
  if (type == kTask && stored.resource) {
    if (const auto id = entry_of(act, stored.resource); !id.empty()) return correct(act, id);
    return follow_done(act, stored, service);
  }
  for (const auto key : act.referring(kEntryParameter, type, stored.version.id))
    if (const auto version = act.current(key)) FHIR_TRY(correct(act, version->id));
  return {};
}

}  // namespace varde::followup::journal
