#include "server/followup/enrolment.h"

#include <algorithm>
#include <array>
#include <functional>

#include "fhir-model/time/text.h"
#include "fhir-model/view/episode_of_care.h"
#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/pause.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

using storage::EnrolmentState;

/// VKP service codes of what is not digital home follow-up: response centre, safety alarm, GPS, medicine dispenser.
constexpr std::array<std::string_view, 4> kOtherServices{"RT", "TA", "GPS", "MD"};

/// nullopt: not (yet) an enrolment.
std::optional<EnrolmentState> state_of(std::string_view status) {
  if (status == "active") return EnrolmentState::active;
  if (status == "onhold") return EnrolmentState::paused;
  if (status == "finished" || status == "cancelled") return EnrolmentState::ended;
  return std::nullopt;
}

/// When the pause began, by its own word: where the status before ended.
Instant paused_since(fhir::Element episode, Instant now) {
  std::string_view end;
  for (const auto earlier : episode.each("statusHistory")) end = earlier["period"]["end"].value();
  if (end.empty()) return now;
  const auto since = parse_instant(end);
  // It is written in milliseconds: what came just before it is not of the pause.
  return since && now - *since >= std::chrono::milliseconds{1} && *since < now ? *since : now;
}

template <class Predicate>
void remove_pauses(fhir::Editor episode, Predicate unwanted) {
  remove_each(episode, "extension",
              [&](fhir::Element each) { return each["url"].value() == codes::kPlannedPause && unwanted(each); });
}

struct Change {
  Stage to;
  std::string reason;
  Instant at;
};

Result<void> move(interaction::Act& act, const std::string& patient_id, std::initializer_list<EnrolmentState> from,
                  const Change& change, const std::function<void(fhir::Editor)>& also = {}) {
  const auto patient = storage::patients::survivor(act, act.patient_key(patient_id));
  if (patient == storage::PatientKey::none) return {};
  for (const auto& row : storage::enrolment::all(act, patient)) {
    if (std::find(from.begin(), from.end(), row.state) == from.end()) continue;
    const auto current = act.current(row.resource);
    if (!current || current->method == storage::Method::remove) continue;
    auto episode = act.tree(*current);
    auto editor = episode.edit();
    const auto stage = stage_of(editor);
    if (stage && change.to == *stage && also) {
      also(editor);
    } else {
      // What has not begun cannot finish: it is called off.
      const bool called_off = change.to == Stage::ended && row.since > act.now();
      const bool was_trial = editor.extension(codes::kCourse)["valueCode"].value() == "trial";
      const auto to = change.to == Stage::running && was_trial ? Stage::trial : change.to;
      set_stage(editor, to, change.at);
      if (called_off) editor.set("status", "cancelled");
      if (change.to == Stage::ended && !called_off)
        editor.ensure("period").set("end", interaction::fhir_instant(act.now()));
      // One that is to come stays planned, whatever happens until then.
      remove_pauses(editor, [&](fhir::Element each) {
        return change.to == Stage::ended || !is_to_come(each, act.now(), act.zone());
      });
      if (also) also(editor);
    }
    set_reason(editor, change.reason);
    FHIR_TRY(act.update(editor, current->id));
  }
  return {};
}

Stage open_stage(const interaction::View& view, storage::PatientKey patient) {
  const auto course = open_course(view, patient);
  return course ? course->stage : Stage::ended;
}

void plan_pause(fhir::Editor episode, const Pause& pause, const interaction::View& view) {
  remove_pauses(
      episode, [&](fhir::Element each) { return is_to_come(each, view.now(), view.zone()) == pause.from.has_value(); });
  if (!pause.from && !pause.until) return;
  auto extension = episode.add("extension");
  extension.set("url", codes::kPlannedPause);
  auto period = extension.add("valuePeriod");
  if (pause.from) period.set("start", time::fhir_date_time(*pause.from, view.zone()));
  if (pause.until) period.set("end", time::fhir_date_time(*pause.until, view.zone()));
}

}  // namespace

bool is_to_come(fhir::Element planned_pause, Instant now, const time::Zone& zone) {
  const auto start = parse_instant(planned_pause["valuePeriod"]["start"].value(), zone);
  return start && *start > now;
}

void set_reason(fhir::Editor episode, const std::string& reason) {
  for (fhir::Element old; (old = episode.extension(codes::kPauseReason));) episode.remove_child(old);
  if (reason.empty()) return;
  auto extension = episode.add("extension");
  extension.set("url", codes::kPauseReason);
  extension.set("valueString", reason);
}

std::optional<Enrolment> enrolment_of(const interaction::View& view, storage::PatientKey patient) {
  std::optional<Enrolment> found;
  if (patient == storage::PatientKey::none) return found;
  for (const auto& row : storage::enrolment::all(view, patient))
    if (!found || std::pair(row.state, row.since) < std::pair(found->state, found->since))
      found = Enrolment{row.state, row.since, row.tells_green};
  return found;
}

bool is_enrolment(fhir::Element episode) {
  bool other = false;
  for (const auto type : view::EpisodeOfCare::of(episode).type())
    for (const auto coding : type.coding()) {
      if (coding.code() == "DHO") return true;
      other |= std::ranges::count(kOtherServices, coding.code().text()) > 0;
    }
  return !other;
}

void follow_episode(interaction::Act& act, const interaction::Stored& stored) {
  const auto& version = stored.version;
  if (stored.previous && stored.previous_patient != version.patient)
    storage::enrolment::remove(act, stored.previous_patient, version.key);
  std::optional<EnrolmentState> state;
  if (is_enrolment(stored.resource)) state = state_of(view::EpisodeOfCare::of(stored.resource).status());
  const auto rows = storage::enrolment::all(act, version.patient);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.resource == version.key; });
  if (stored.resource && state) {
    const auto now = act.now();
    const auto start = parse_instant(view::EpisodeOfCare::of(stored.resource).period().start(), act.zone());
    const auto since =
        *state == EnrolmentState::paused ? paused_since(stored.resource, now) : std::max(now, start.value_or(now));
    const bool green = stored.resource.extension(codes::kTellGreen)["valueBoolean"].value() == "true";
    const bool same = row != rows.end() && row->state == *state && row->since <= now && since <= now;
    if (!same || row->tells_green != green)
      storage::enrolment::put(act, version.patient, {version.key, *state, same ? row->since : since, green});
  } else if (row != rows.end()) {
    storage::enrolment::remove(act, version.patient, version.key);
  }
}

std::optional<storage::Instant> begun_on(const interaction::View& view, storage::PatientKey patient) {
  std::optional<storage::Instant> earliest;
  for (const auto& row : storage::enrolment::all(view, patient)) {
    if (row.state == EnrolmentState::ended) continue;
    const auto episode = view.tree(row.resource);
    if (!episode) continue;
    const auto start = parse_instant(view::EpisodeOfCare::of(episode->root()).period().start(), view.zone());
    if (!start) return std::nullopt;
    if (const auto day = day_of(*start, view.zone()); !earliest || day < *earliest) earliest = day;
  }
  return earliest;
}

// --- followup.h ----------------------------------------------------------------------------------------------------

Result<void> pause(interaction::Act& act, const std::string& patient_id, const std::string& reason) {
  return move(act, patient_id, {EnrolmentState::active}, {Stage::paused, reason, act.now()});
}

Result<void> pause(interaction::Act& act, const std::string& patient_id, const Pause& pause) {
  const auto now = act.now();
  const auto from = pause.from.value_or(now);
  if (pause.until && *pause.until <= std::max(from, now))
    return fail(Fault::parameter_malformed,
                "Pausen må slutte etter at den begynner, og fram i tid (until is after from, and ahead of now)",
                "until");
  const auto patient = storage::patients::survivor(act, act.patient_key(patient_id));
  const auto begun = begun_on(act, patient);
  if (pause.from && *pause.from < now && begun && from < *begun)
    return fail(Fault::business_rule,
                "Pausen kan ikke begynne før oppfølgingen (the pause cannot begin before the follow-up did)", "from");
  if (from > now)
    return move(act, patient_id, {EnrolmentState::active, EnrolmentState::paused},
                {is_paused(act, patient) ? Stage::paused : open_stage(act, patient), pause.reason, now},
                [&](fhir::Editor episode) { plan_pause(episode, pause, act); });
  const auto ends = [&](fhir::Editor episode) { plan_pause(episode, {{}, {}, pause.until}, act); };
  if (is_paused(act, patient))
    return move(act, patient_id, {EnrolmentState::paused}, {Stage::paused, pause.reason, now}, ends);
  FHIR_TRY(move(act, patient_id, {EnrolmentState::active}, {Stage::paused, pause.reason, from}, ends));
  return from < now ? withdraw_since(act, patient, from) : Result<void>{};
}

Result<void> resume(interaction::Act& act, const std::string& patient_id) {
  return move(act, patient_id, {EnrolmentState::paused}, {Stage::running, {}, act.now()});
}

Result<void> end(interaction::Act& act, const std::string& patient_id, const std::string& reason) {
  const auto course = open_course(act, storage::patients::survivor(act, act.patient_key(patient_id)));
  if (course && (course->stage == Stage::referred || course->stage == Stage::offered))
    return move_course(act, *course, Stage::ended, reason);
  return move(act, patient_id, {EnrolmentState::active, EnrolmentState::paused}, {Stage::ended, reason, act.now()});
}

bool is_paused(const interaction::View& view, storage::PatientKey patient) {
  const auto enrolment = enrolment_of(view, patient);
  return enrolment && enrolment->state == EnrolmentState::paused;
}

}  // namespace varde::followup
