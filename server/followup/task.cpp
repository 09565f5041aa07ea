#include "server/followup/task.h"

#include <algorithm>
#include <array>

#include "fhir-model/view/task.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/followup/work/closing.h"
#include "server/interaction/text.h"

namespace varde::followup {

namespace {

const fhir::TypeId kTask = fhir::find_resource_type("Task");

struct TaskCodeRow {
  std::string_view code, display;
};
// clang-format off
constexpr std::array kTaskCodes{
    TaskCodeRow{"alert",            "Varsel om måling"},
    TaskCodeRow{"green-measurement", "Måling innenfor grensene"},
    TaskCodeRow{"message",          "Melding fra pasienten"},
    TaskCodeRow{"plan-answer",      "Svar om egenbehandlingsplan"},
    TaskCodeRow{"contact",          "Fast kontakt"},
    TaskCodeRow{"evaluation",       "Evaluer oppfølgingen"},
    TaskCodeRow{"benefit-form",     "Spørreskjema om nytte"},
    TaskCodeRow{"equipment",        "Hent inn utstyr"},
    TaskCodeRow{"set-limits",       "Sett grenser"},
    TaskCodeRow{"missing-measurement", "Planlagt måling mangler"},
    TaskCodeRow{"technical",        "Teknisk varsel"},
    TaskCodeRow{"receive-referral", "Motta og behandle henvisning"},
    TaskCodeRow{"resume",           "Gjenoppta oppfølging"},
    TaskCodeRow{"pause",            "Pause oppfølging?"},
    TaskCodeRow{"follow-up-death",  "Avslutt etter dødsfall"},
    TaskCodeRow{"message-overdue",  "Melding uten svar"},
    TaskCodeRow{"message-refused",  "Melding avvist av mottaker"},
    TaskCodeRow{"information",      "Til orientering"},
    TaskCodeRow{"emergency-access", "Nødtilgang skal gjennomgås"},
};
// clang-format on

std::string_view display_of(std::string_view code) {
  const auto row = std::find_if(kTaskCodes.begin(), kTaskCodes.end(), [&](const auto& r) { return r.code == code; });
  return row == kTaskCodes.end() ? std::string_view{} : row->display;
}

}  // namespace

fhir::Tree task_of(const WorkItem& item, Instant now) {
  fhir::Tree tree(kTask);
  auto task = tree.edit();
  task.set("status", "requested");
  task.set("intent", "order");
  task.set("priority", item.priority);
  add_coding(task.add("code"), codes::kTaskCode, item.code, display_of(item.code));
  task.set("description", item.description);
  if (!item.focus.empty()) add_reference(task, "focus", item.focus);
  if (!item.patient_id.empty()) add_reference(task, "for", "Patient/" + item.patient_id);
  task.set("authoredOn", interaction::fhir_instant(now));
  task.set("lastModified", interaction::fhir_instant(now));
  return tree;
}

fhir::Editor add_input(fhir::Editor task, std::string_view name) {
  auto input = task.add("input");
  add_coding(input.add("type"), codes::kTaskInput, name);
  return input;
}

std::optional<fhir::Tree> read_task(const interaction::View& view, std::string_view id) { return view.tree(kTask, id); }

bool is_open(fhir::Element task) {
  constexpr std::array<std::string_view, 7> kOpen{"draft", "requested",   "received", "accepted",
                                                  "ready", "in-progress", "on-hold"};
  return std::find(kOpen.begin(), kOpen.end(), fhir::view::Task::of(task).status().text()) != kOpen.end();
}

bool is_taken(fhir::Element element) {
  constexpr std::array<std::string_view, 5> kTaken{"received", "accepted", "in-progress", "on-hold", "completed"};
  const auto task = fhir::view::Task::of(element);
  const auto status = task.status().text();
  const bool open = is_open(element);
  return std::find(kTaken.begin(), kTaken.end(), status) != kTaken.end() ||
         (open && task.owner() && !is_untouched(element));
}

bool is_untouched(fhir::Element element) {
  const auto task = fhir::view::Task::of(element);
  // Whom the chain has told has not taken it.
  return task.status() == "requested" && (!task.owner() || element.extension(codes::kEscalation));
}

Result<void> conclude(interaction::Act& act, std::string_view task_id, std::string_view status,
                      std::string_view what_happened) {
  auto tree = read_task(act, task_id);
  if (!tree || !is_open(tree->root())) return {};
  auto task = tree->edit();
  if (is_untouched(task)) {
    task.set("status", status);
    task.ensure("statusReason").set("text", what_happened);
  } else {
    auto note = task.add("note");
    note.set("time", interaction::fhir_instant(act.now()));
    note.set("text", what_happened);
  }
  task.set("lastModified", interaction::fhir_instant(act.now()));
  const ByItself reason_is_gone(act);
  return act.update(task, std::string(task_id)).map([](const auto&) {});
}

Result<void> raise_once(interaction::Act& act, storage::PatientKey patient, std::string_view subject,
                        const WorkItem& item) {
  if (const auto row = storage::open_alert::get(act, patient, subject)) {
    const auto task = read_task(act, row->task_id);
    if (task && is_open(task->root())) return {};
  }
  const auto id = raise(act, item);
  FHIR_TRY(id);
  storage::open_alert::put(act, patient, {std::string(subject), *id, act.now()});
  return {};
}

Result<void> settle(interaction::Act& act, storage::PatientKey patient, std::string_view subject,
                    std::string_view status, std::string_view what_happened) {
  const auto row = storage::open_alert::get(act, patient, subject);
  if (!row) return {};
  storage::open_alert::remove(act, patient, subject);
  return conclude(act, row->task_id, status, what_happened);
}

Result<std::string> raise(interaction::Act& act, const WorkItem& item) {
  auto task = task_of(item, act.now());
  return act.create(task.edit()).map([](const storage::Version& version) { return version.id; });
}

}  // namespace varde::followup
