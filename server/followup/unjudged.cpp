#include "server/followup/unjudged.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "server/followup/enrolment.h"
#include "server/followup/followup.h"
#include "server/followup/task.h"
#include "server/followup/words.h"
#include "server/interaction/named.h"
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
    DoubtRow{Doubt::open_ended,        "technical",  "urgent",  "technical:open",       "", " er oppgitt som mer eller mindre enn et tall og kan ligge utenfor grensene: mål på nytt"},
    DoubtRow{Doubt::modified,          "technical",  "urgent",  "technical:modified",   "", " har en tilleggsopplysning som kan endre betydningen (modifierExtension), og er ikke vurdert mot grensene"},
    DoubtRow{Doubt::ahead_of_time,     "technical",  "urgent",  "technical:time",       "", " er datert fram i tid, og er ikke vurdert mot grensene: kontroller klokken i utstyret"},
    DoubtRow{Doubt::unknown_code,      "technical",  "urgent",  "technical:code",       "", " har en kode som ikke er kjent her, og er ikke vurdert"},
    DoubtRow{Doubt::part_missing,      "technical",  "urgent",  "technical:parts",      "", " kom uten alle delene, og kan ikke regnes ut: se i målingen hva som mangler"},
    DoubtRow{Doubt::rule_failed,       "technical",  "urgent",  "technical:rule",       "", " er vurdert mot grensene, men en regel i planen kunne ikke regnes ut: kontroller planen"},
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

}  // namespace

std::string why_unjudged(const Judged& judged) {
  for (const auto& row : kDoubts)
    if (row.doubt == judged.doubt) return fmt::format("{}{}{}", row.before, label(judged.value), row.after);
  return {};
}

Result<void> follow_unjudged(interaction::Act& act, const storage::Version& observation, const Judgement& judgement,
                             const std::string& measure) {
  const auto patient = observation.patient;
  for (const auto& row : kDoubts) {
    const auto names = names_of(judgement, row.doubt);
    if (names.empty()) continue;
    const auto raised =
        raise_once(act, patient, fmt::format("{}:{}", row.subject, measure),
                   {act.patient_id(patient), std::string(row.task), std::string(row.priority),
                    as_sentence(fmt::format("{}{}{}", row.before, names, row.after)), "Observation/" + observation.id});
    if (!raised) return raised;
  }
  return {};
}

namespace {

bool is_reading(fhir::Element held, const interaction::View& view) {
  if (held.type_name() != "Observation" || !stands(held)) return false;
  const auto values = values_of(held, view.zone());
  return std::any_of(values.begin(), values.end(), [](const auto& value) { return value.known != nullptr; });
}

bool holds_reading(fhir::Element resource, const interaction::View& view) {
  for (const auto contained : resource.each("contained"))
    if (is_reading(contained, view)) return true;
  if (resource.type_name() != "Bundle") return false;
  for (const auto entry : resource.each("entry"))
    if (is_reading(entry["resource"], view) || holds_reading(entry["resource"], view)) return true;
  return false;
}

Result<void> tell_held(interaction::Act& act, const interaction::Stored& stored, storage::PatientKey patient) {
  const auto enrolment = enrolment_of(act, patient);
  // In a pause too: nothing is kept of it that could be told when the pause ends.
  const bool is_paused = enrolment && enrolment->state == storage::EnrolmentState::paused;
  if (!enrolment || (!is_paused && !enrolment->is_active(act.now()))) return {};
  return raise_once(
      act, patient, "technical:contained",
      {act.patient_id(patient), "technical", "urgent",
       "En måling er pakket inn i en annen ressurs og er ikke vurdert mot grensene: be avsenderen sende den "
       "som egen Observation",
       std::string(stored.resource.type_name()) + "/" + stored.version.id});
}

}  // namespace

Result<void> follow_contained(interaction::Act& act, const interaction::Stored& stored) {
  if (!stored.resource || act.principal().kind == access::Principal::Kind::ourselves) return {};
  if (!holds_reading(stored.resource, act)) return {};
  if (stored.resource.type_name() != "Bundle") return tell_held(act, stored, stored.version.patient);
  for (const auto patient : interaction::named_in(stored.resource, act, act.store()).patients)
    FHIR_TRY(tell_held(act, stored, patient));
  return {};
}

Result<void> limits_were_set(interaction::Act& act, storage::PatientKey patient, const std::string& measure) {
  const auto complete = [&](const std::string& key) {
    return settle(act, patient, "set-limits:" + key, "completed", "Grenser er satt");
  };
  if (auto done = complete(""); !done) return done;  // that none were set at all
  if (auto done = complete(measure); !done) return done;
  for (const auto& panel : measures())
    if (std::find(panel.parts.begin(), panel.parts.end(), measure) != panel.parts.end())
      if (auto done = complete(panel.key); !done) return done;
  return {};
}

}  // namespace varde::followup
