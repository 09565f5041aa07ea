#include "server/followup/enrolment.h"

#include <algorithm>
#include <array>

#include "fhir-model/view/episode_of_care.h"
#include "server/followup/codes.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
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

/// https://hl7.org/fhir/R4/episodeofcare-definitions.html#EpisodeOfCare.statusHistory
void close_status(fhir::Editor episode, Instant now) {
  std::string start;
  const auto before = view::EpisodeOfCare::of(episode);
  for (const auto earlier : before.status_history()) start = earlier.period().end();  // of the last one
  if (start.empty()) start = before.period().start();
  const std::string status(before.status());
  auto entry = episode.add("statusHistory");
  entry.set("status", status);
  auto period = entry.add("period");
  // A plan may start in the future; a period may not end before it starts.
  if (const auto begun = parse_instant(start); begun && *begun <= now) period.set("start", start);
  period.set("end", interaction::fhir_instant(now));
}

void set_reason(fhir::Editor episode, const std::string& reason) {
  for (fhir::Element old; (old = episode.extension(codes::kPauseReason));) episode.remove_child(old);
  if (reason.empty()) return;
  auto extension = episode.add("extension");
  extension.set("url", codes::kPauseReason);
  extension.set("valueString", reason);
}

Result<void> move(interaction::Act& act, const std::string& patient_id, std::initializer_list<EnrolmentState> from,
                  std::string_view to, const std::string& reason) {
  const auto patient = storage::patients::survivor(act, act.patient_key(patient_id));
  if (patient == storage::PatientKey::none) return {};
  for (const auto& row : storage::enrolment::all(act, patient)) {
    if (std::find(from.begin(), from.end(), row.state) == from.end()) continue;
    const auto current = act.current(row.resource);
    if (!current || current->method == storage::Method::remove) continue;
    auto episode = act.tree(*current);
    auto editor = episode.edit();
    // What has not begun cannot finish: it is called off.
    const bool called_off = to == "finished" && row.since > act.now();
    close_status(editor, act.now());
    editor.set("status", called_off ? "cancelled" : to);
    set_reason(editor, reason);
    if (to == "finished" && !called_off) editor.ensure("period").set("end", interaction::fhir_instant(act.now()));
    FHIR_TRY(act.update(editor, current->id));
  }
  return {};
}

}  // namespace

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
    const auto since = std::max(now, start.value_or(now));
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
  return move(act, patient_id, {EnrolmentState::active}, "onhold", reason);
}

Result<void> resume(interaction::Act& act, const std::string& patient_id) {
  return move(act, patient_id, {EnrolmentState::paused}, "active", {});
}

Result<void> end(interaction::Act& act, const std::string& patient_id, const std::string& reason) {
  return move(act, patient_id, {EnrolmentState::active, EnrolmentState::paused}, "finished", reason);
}

bool is_paused(const interaction::View& view, storage::PatientKey patient) {
  const auto enrolment = enrolment_of(view, patient);
  return enrolment && enrolment->state == EnrolmentState::paused;
}

}  // namespace varde::followup
