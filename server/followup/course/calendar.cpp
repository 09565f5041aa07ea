#include "server/followup/course/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/codes.h"
#include "server/followup/course/flag.h"
#include "server/followup/course/stage.h"
#include "server/followup/enrolment.h"
#include "server/followup/equipment/equipment.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/followup/report/benefit_form.h"
#include "server/followup/task.h"
#include "server/followup/work/opening.h"
#include "server/storage/due.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

using storage::DueKind;

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");

/// Work that comes again and again while the follow-up runs; nothing of it is told in a pause.
struct Recurring {
  DueKind kind;
  std::chrono::days first_of_trial, every;
  std::string_view task, words;
};
// clang-format off
constexpr std::array kRecurring{
    Recurring{DueKind::contact,    std::chrono::days{30}, std::chrono::days{30},  "contact",    "Fast kontakt: minst én gang i måneden."},
    Recurring{DueKind::evaluation, std::chrono::days{21}, std::chrono::days{182}, "evaluation", "Evaluer oppfølgingen: grenser, plan og nytte."},
};
// clang-format on
constexpr std::chrono::hours kTimeToSetLimits{1};
constexpr std::string_view kNoLimits = "set-limits:";  ///< of no measure: of all

struct Episode {
  fhir::Tree tree;
  std::string patient_id;
  std::optional<Stage> stage;
};

std::optional<Episode> episode_of(const interaction::View& view, const storage::DueRow& row) {
  auto tree = view.tree(kEpisodeOfCare, row.subject);
  if (!tree) return std::nullopt;
  const auto stage = stage_of(tree->root());
  return Episode{std::move(*tree), view.patient_id(row.patient), stage};
}

Bounds bounds_of_pause(fhir::Element planned_pause, const time::Zone& zone) {
  const auto period = planned_pause["valuePeriod"];
  Bounds bounds;
  if (const auto start = period["start"].value(); !start.empty())
    bounds.from = parse_instant(start, zone).value_or(Instant::min());
  if (const auto end = period["end"].value(); !end.empty())
    bounds.to = parse_instant(end, zone).value_or(Instant::max());
  return bounds;
}

/// Of the pauses that are planned: the one that has begun and is not over. nullopt: there is none.
std::optional<Bounds> begun_pause(fhir::Element episode, const interaction::View& view) {
  for (const auto each : episode.each("extension")) {
    if (each["url"].value() != codes::kPlannedPause || !each["valuePeriod"]["start"]) continue;
    if (const auto bounds = bounds_of_pause(each, view.zone()); bounds.holds(view.now())) return bounds;
  }
  return std::nullopt;
}

Pause until_end_of(const Bounds& bounds, fhir::Element episode) {
  Pause pause{std::string(episode.extension(codes::kPauseReason)["valueString"].value())};
  if (bounds.to != Instant::max()) pause.until = bounds.to;
  return pause;
}

// --- what happens at its time
// ------------------------------------------------------------------------------------------

Result<void> begin_pause(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto episode = episode_of(act, row);
  if (!episode || (episode->stage != Stage::trial && episode->stage != Stage::running)) return {};
  const auto bounds = begun_pause(episode->tree.root(), act);
  if (!bounds) return {};  // taken back, or over while we were stopped
  auto planned = until_end_of(*bounds, episode->tree.root());
  planned.from = bounds->from;
  return pause(act, episode->patient_id, planned);
}

Result<void> end_pause(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto episode = episode_of(act, row);
  if (!episode || episode->stage != Stage::paused) return {};
  // The next has begun meanwhile: one goes over into the other.
  if (const auto next = begun_pause(episode->tree.root(), act))
    return pause(act, episode->patient_id, until_end_of(*next, episode->tree.root()));
  return resume(act, episode->patient_id);
}

Result<void> tell_no_limits(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto episode = episode_of(act, row);
  if (!episode || !episode->stage || *episode->stage < Stage::trial || *episode->stage == Stage::ended) return {};
  if (!storage::limits::all(act, row.patient).empty()) return {};
  return raise_once(act, row.patient, kNoLimits,
                    {episode->patient_id, "set-limits", "routine",
                     "Pasienten er meldt inn uten grenser eller planlagte målinger: sett dem innen to uker.",
                     "EpisodeOfCare/" + row.subject});
}

Result<void> recur(interaction::Act& act, const storage::DueRow& row, const OpeningHours& hours) {
  const auto episode = episode_of(act, row);
  const auto recurring =
      std::find_if(kRecurring.begin(), kRecurring.end(), [&](const Recurring& each) { return each.kind == row.kind; });
  if (!episode || recurring == kRecurring.end() || !episode->stage || *episode->stage == Stage::ended) {
    storage::due::remove(act, row.kind, row.patient, row.subject);
    return {};
  }
  if (*episode->stage == Stage::paused) {  // when it goes on
    storage::due::put(act, {row.kind, row.patient, row.subject, act.now() + std::chrono::days{1}});
    return {};
  }
  storage::due::put(
      act, {row.kind, row.patient, row.subject, next_opening(act.now() + recurring->every, hours, act.zone())});
  if (row.kind == DueKind::evaluation) FHIR_TRY(ask_benefit(act, row.patient, episode->tree.root()));
  return raise_once(act, row.patient, recurring->task,
                    {episode->patient_id, std::string(recurring->task), "routine", std::string(recurring->words),
                     "EpisodeOfCare/" + row.subject});
}

// --- what is coming
// ----------------------------------------------------------------------------------------------------

void put_or_remove(interaction::Act& act, DueKind kind, const storage::Version& episode, std::optional<Instant> at) {
  if (at)
    storage::due::put(act, {kind, episode.patient, episode.id, *at});
  else
    storage::due::remove(act, kind, episode.patient, episode.id);
}

void expect_pause(interaction::Act& act, const interaction::Stored& stored, std::optional<Stage> stage) {
  const bool runs = stage == Stage::trial || stage == Stage::running;
  std::optional<Instant> begins, ends;
  for (const auto each : stored.resource.each("extension")) {
    if (each["url"].value() != codes::kPlannedPause) continue;
    const auto bounds = bounds_of_pause(each, act.zone());
    if (runs && bounds.from != Instant::min()) begins = std::min(begins.value_or(bounds.from), bounds.from);
    const bool rests = stage == Stage::paused && !is_to_come(each, act.now(), act.zone());
    if (rests && bounds.to != Instant::max()) ends = bounds.to;
  }
  put_or_remove(act, DueKind::pause, stored.version, begins);
  put_or_remove(act, DueKind::resume, stored.version, ends);
}

/// The follow-up has ended, and the patient still has what was lent.
Result<void> ask_for_equipment(interaction::Act& act, storage::PatientKey patient) {
  const auto patient_id = act.patient_id(patient);
  const auto lent = lent_to(act, patient_id);
  if (lent.empty()) return {};
  return raise_once(
      act, patient, kEquipment,
      {patient_id, std::string(kEquipment), "routine",
       fmt::format("Oppfølgingen er avsluttet. Hent inn utstyr: {}.", fmt::join(lent, ", ")), "Patient/" + patient_id});
}

bool is_under_way(std::optional<Stage> stage) { return stage && *stage >= Stage::trial && *stage != Stage::ended; }

}  // namespace

Result<void> follow_calendar(interaction::Act& act, const interaction::Stored& stored, const OpeningHours& hours) {
  const auto& version = stored.version;
  if (version.patient == storage::PatientKey::none) return {};
  const auto stage = stage_of(stored.resource), before = stage_of(stored.previous);
  if (stored.previous.extension(codes::kPlannedPause) || stored.resource.extension(codes::kPlannedPause))
    expect_pause(act, stored, stage);
  if (is_under_way(stage) == is_under_way(before) && stored.previous_patient == version.patient) {
    if (before == Stage::trial && stage == Stage::running)  // evaluated: the next is in half a year
      storage::due::put(act, {DueKind::evaluation, version.patient, version.id,
                              next_opening(act.now() + kRecurring.back().every, hours, act.zone())});
    return {};
  }
  if (is_under_way(stage)) {
    FHIR_TRY(raise_flag(act, act.patient_id(version.patient), version.id));
    FHIR_TRY(ask_benefit(act, version.patient, stored.resource));
    const auto start = parse_instant(stored.resource["period"]["start"].value(), act.zone());
    const auto begin = std::max(act.now(), start.value_or(act.now()));
    storage::due::put(act, {DueKind::no_limits, version.patient, version.id, begin + kTimeToSetLimits});
    for (const auto& each : kRecurring)
      storage::due::put(
          act, {each.kind, version.patient, version.id,
                next_opening(begin + (stage == Stage::trial ? each.first_of_trial : each.every), hours, act.zone())});
    return {};
  }
  FHIR_TRY(lower_flag(act, version.id));
  FHIR_TRY(ask_for_equipment(act, version.patient));
  storage::due::remove(act, DueKind::no_limits, version.patient, version.id);
  for (const auto& each : kRecurring) {
    storage::due::remove(act, each.kind, version.patient, version.id);
    FHIR_TRY(settle(act, version.patient, each.task, "cancelled", "Oppfølgingen er avsluttet"));
  }
  return settle(act, version.patient, kNoLimits, "cancelled", "Oppfølgingen er avsluttet");
}

Result<void> check_planned_pause(fhir::Element episode, const time::Zone& zone) {
  for (const auto each : episode.each("extension")) {
    if (each["url"].value() != codes::kPlannedPause) continue;
    const auto bounds = bounds_of_pause(each, zone);
    if (bounds.from < bounds.to) continue;
    return fail(Fault::value_malformed, "Pausen må slutte etter at den begynner (the pause ends after it begins)",
                each["valuePeriod"].path());
  }
  return {};
}

void keep_calendar(clock::Clock& clock, const OpeningHours& hours) {
  const auto again = [hours](interaction::Act& act, const storage::DueRow& row) { return recur(act, row, hours); };
  clock.on(DueKind::pause, begin_pause);
  clock.on(DueKind::resume, end_pause);
  clock.on(DueKind::no_limits, tell_no_limits);
  clock.on(DueKind::contact, again);
  clock.on(DueKind::evaluation, again);
}

}  // namespace varde::followup
