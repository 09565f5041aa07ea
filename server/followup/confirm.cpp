#include "server/followup/confirm.h"

#include <algorithm>

#include "server/followup/enrolment.h"
#include "server/followup/reading.h"
#include "server/followup/window.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using storage::DueKind;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
constexpr std::size_t kMostBeside = 20;
constexpr std::chrono::days kUntilResumed{7};  ///< asked again; the end of the pause tells it at once

/// How long the alert of this value may wait; nullopt: its plan asks for no second reading.
std::optional<seconds> wait_of(const interaction::View& view, const Judged& judged) {
  for (const auto& asked : rules_of_version(view, judged.source, judged.value.measure))
    if (asked.rule->code == "confirmation") return asked.settings.duration("within", {});
  return std::nullopt;
}

/// Of all the values that alarm, when each of them may wait.
std::optional<seconds> wait_of(const interaction::View& view, const Judgement& judgement) {
  std::optional<seconds> wait;
  for (const auto& judged : judgement.values) {
    if (judged.level() < Zone::yellow) continue;
    const auto own = wait_of(view, judged);
    if (!own) return std::nullopt;
    wait = wait ? std::min(*wait, *own) : *own;
  }
  return wait;
}

/// Whether another reading of one of the values that alarm was made in [from, to).
bool has_other(const interaction::View& view, storage::PatientKey patient, storage::ResourceKey own,
               const Judgement& judgement, Instant from, Instant to) {
  for (const auto& judged : judgement.values) {
    if (judged.level() < Zone::yellow) continue;
    const auto rows = view.measurements(patient, judged.value.measure, from, to, kMostBeside);
    const auto is_other = [&](const storage::Measurement& row) {
      if (row.observation == own) return false;
      const auto other = view.tree(row.observation);
      return other && !is_without_clock(other->root());  // which may have been made at any time of the day
    };
    if (std::any_of(rows.begin(), rows.end(), is_other)) return true;
  }
  return false;
}

}  // namespace

bool waits_for_second(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement) {
  const auto wait = wait_of(act, judgement);
  if (!wait || is_without_clock(stored.resource)) return false;  // nobody could tell which reading is the second
  const auto patient = stored.version.patient;
  const auto time = time_of(stored.resource, act.zone());
  if (has_other(act, patient, stored.version.key, judgement, time - *wait, time)) return false;  // it is the second
  storage::due::put(act, {DueKind::confirmation, patient, stored.version.id, act.now() + *wait});
  return true;
}

Result<void> tell_unconfirmed(interaction::Act& act, const storage::DueRow& row, const OnRed& on_red) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto current = act.current(kObservation, row.subject);
  auto reading = current ? read_reading(act, current->key) : std::nullopt;
  if (!reading || reading->judgement.level < Zone::yellow) return {};
  if (storage::open_alert::get(act, row.patient, "Observation/" + row.subject)) return {};
  const auto enrolment = enrolment_of(act, row.patient);
  if (enrolment && enrolment->state == storage::EnrolmentState::paused && reading->version.updated < enrolment->since) {
    // Of before the pause: it is not among what is told when the pause ends.
    storage::due::put(act, {row.kind, row.patient, row.subject, act.now() + kUntilResumed});
    return {};
  }
  if (!enrolment || !enrolment->is_active(act.now())) return {};  // of what came in a pause the worst is told
  const auto wait = wait_of(act, reading->judgement).value_or(seconds{0});
  const auto time = time_of(reading->observation->root(), act.zone());
  if (has_other(act, row.patient, reading->version.key, reading->judgement, time + microseconds{1},
                time + wait + microseconds{1}))
    return {};  // which is told of, if it alarms
  auto version = reading->version;
  version.patient = row.patient;
  return raise_alert(act, {version, reading->observation->root(), {}}, reading->judgement, on_red,
                     "ikke bekreftet av en ny måling");
}

Result<void> tell_waiting(interaction::Act& act, storage::PatientKey patient, const OnRed& on_red) {
  constexpr std::chrono::hours kLongestWait{1};
  for (const auto& row : storage::due::of(act, DueKind::confirmation, patient))
    if (row.at > act.now() + kLongestWait) FHIR_TRY(tell_unconfirmed(act, row, on_red));
  return {};
}

}  // namespace varde::followup
