#include "server/followup/unjudged.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "server/followup/followup.h"
#include "server/followup/task.h"
#include "server/storage/followup.h"

namespace varde::followup {

namespace {

struct DoubtRow {
  Doubt doubt;
  std::string_view task, priority, subject;  ///< `subject`: what one open Task is about, beside the measure
  std::string_view before, after;            ///< of the names of what was measured
};
// clang-format off
constexpr std::array kDoubts{
    DoubtRow{Doubt::no_limits,         "set-limits", "routine", "set-limits",           "Sett grenser for ", ""},
    DoubtRow{Doubt::no_value,          "technical",  "urgent",  "technical:value",      "", " kom uten verdi, og er ikke vurdert mot grensene"},
    DoubtRow{Doubt::not_a_number,      "technical",  "urgent",  "technical:value",      "", " kom med en verdi som ikke er et tall, og er ikke vurdert mot grensene"},
    DoubtRow{Doubt::unit,              "technical",  "urgent",  "technical:unit",       "", " kom med en enhet som ikke kan brukes, og er ikke vurdert mot grensene"},
    DoubtRow{Doubt::impossible,        "technical",  "urgent",  "technical:impossible", "", " har en verdi som ikke er mulig, og er ikke vurdert mot grensene: kontroller utstyret"},
    DoubtRow{Doubt::ahead_of_time,     "technical",  "urgent",  "technical:time",       "", " er datert fram i tid, og er ikke vurdert mot grensene: kontroller klokken i utstyret"},
    DoubtRow{Doubt::unknown_code,      "technical",  "urgent",  "technical:code",       "", " har en kode som ikke er kjent her, og er ikke vurdert"},
    DoubtRow{Doubt::limits_unreadable, "technical",  "urgent",  "technical:limits",     "", " har lagrede grenser som ikke kan leses: kontroller dem og lagre dem på nytt"},
};
// clang-format on

std::string label(const MeasuredValue& value) {
  return value.known ? value.known->name : measure_name(value.place["code"]);
}

/// Each once, and no more than a worklist can show.
std::string names_of(const Judgement& judgement, Doubt doubt) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names;
  for (const auto& judged : judgement.values) {
    if (judged.doubt != doubt) continue;
    auto name = label(judged.value);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (names.size() == kShown) return fmt::format("{} m.fl.", fmt::join(names, ", "));
    names.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string as_sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

bool is_asked_already(const storage::Snapshot& snapshot, storage::PatientKey patient, const std::string& subject) {
  const auto row = storage::open_alert::get(snapshot, patient, subject);
  if (!row) return false;
  const auto task = read_task(snapshot, row->task_id);
  return task && is_open(task->root());
}

Result<void> complete(storage::Transaction& transaction, interaction::Store& store, storage::PatientKey patient,
                      const std::string& measure) {
  const auto subject = "set-limits:" + measure;
  const auto row = storage::open_alert::get(transaction, patient, subject);
  if (!row) return {};
  storage::open_alert::remove(transaction, patient, subject);
  return conclude(transaction, store, row->task_id, "completed", "Grenser er satt");
}

}  // namespace

Result<void> follow_unjudged(storage::Transaction& transaction, interaction::Store& store,
                             const storage::Version& observation, const Judgement& judgement,
                             const std::string& measure) {
  const auto patient = observation.patient;
  for (const auto& row : kDoubts) {
    const auto names = names_of(judgement, row.doubt);
    const auto subject = fmt::format("{}:{}", row.subject, measure);
    if (names.empty() || is_asked_already(transaction, patient, subject)) continue;
    const auto task =
        raise(transaction, store,
              {transaction.patient_id(patient), std::string(row.task), std::string(row.priority),
               as_sentence(fmt::format("{}{}{}", row.before, names, row.after)), "Observation/" + observation.id});
    if (!task) return tl::unexpected(task.error());
    storage::open_alert::put(transaction, patient, {subject, *task, transaction.now()});
  }
  return {};
}

Result<void> limits_were_set(storage::Transaction& transaction, interaction::Store& store, storage::PatientKey patient,
                             const std::string& measure) {
  if (auto done = complete(transaction, store, patient, measure); !done) return done;
  for (const auto& panel : measures())
    if (std::find(panel.parts.begin(), panel.parts.end(), measure) != panel.parts.end())
      if (auto done = complete(transaction, store, patient, panel.key); !done) return done;
  return {};
}

}  // namespace varde::followup
