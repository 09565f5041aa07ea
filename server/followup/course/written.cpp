#include "server/followup/course/written.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/enrolment.h"
#include "server/followup/instant.h"
#include "server/followup/work/closing.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

bool is_under_way(fhir::Element episode) {
  const auto stage = stage_of(episode);
  return stage == Stage::trial || stage == Stage::running || stage == Stage::paused;
}

// --- steps -----------------------------------------------------------------------------------------------------------

Result<void> check_steps(fhir::Element episode, fhir::Element previous) {
  const auto before = stage_of(previous), now = stage_of(episode);
  if (before && now) return check_step(*before, *now);
  if (previous["status"].value() == "entered-in-error" && now && is_enrolment(previous))
    return fail(Fault::business_rule,
                "Det som er registrert ved en feil, tas ikke i bruk igjen: meld pasienten inn på nytt med $enrol (what "
                "was entered in error does not come back: $enrol the patient anew)",
                "EpisodeOfCare.status");
  return {};
}

// --- history ---------------------------------------------------------------------------------------------------------

bool says_the_same(fhir::Element a, fhir::Element b) {
  if (a.name() != b.name() || a.value() != b.value()) return false;
  const auto of_a = a.children(), of_b = b.children();
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), says_the_same);
}

std::vector<fhir::Element> history_of(fhir::Element episode) {
  const auto entries = episode.each("statusHistory");
  return {entries.begin(), entries.end()};
}

/// What was is as it was; of a status that changes one entry more may be said, with the time at which it ended.
Result<void> keep_history(fhir::Editor episode, fhir::Element previous, Instant now) {
  const auto before = history_of(previous), said = history_of(episode);
  const auto status = previous["status"].value();
  const bool changes = episode["status"].value() != status || course_of(episode) != course_of(previous);
  const bool adds = changes && said.size() == before.size() + 1 && said.back()["status"].value() == status;
  const auto kept = std::min(said.size(), before.size());
  if (said.size() > kept + (adds ? 1 : 0) ||
      !std::equal(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(kept), before.begin(), says_the_same))
    return fail(
        Fault::business_rule,
        "Historikken føres av tjenesten selv: behold statusHistory som den er, eller utelat den (the history is "
        "kept by this server: keep statusHistory as it is, or leave it out)",
        "EpisodeOfCare.statusHistory");
  if (adds) return {};
  episode.remove("statusHistory");
  for (const auto entry : before) episode.add_copy("statusHistory", entry);
  if (changes) note_stage(episode, previous, now);
  return {};
}

// --- one at a time ---------------------------------------------------------------------------------------------------

/// The programme that it is part of, where it says more than that it is digital home follow-up.
std::set<std::string> programme_of(fhir::Element episode) {
  std::set<std::string> codings;
  for (const auto type : episode.each("type"))
    for (const auto coding : type.each("coding"))
      if (const auto code = coding["code"].value(); code != "DHO")
        codings.insert(std::string(coding["system"].value()).append("|").append(code));
  return codings;
}

Result<void> refuse_second(const interaction::View& view, fhir::Element episode, const interaction::Pending& pending) {
  if (!is_under_way(episode)) return {};
  const auto programme = programme_of(episode);
  const bool was = is_under_way(pending.previous) && programme_of(pending.previous) == programme;
  if (was && pending.previous_patient == pending.patient) return {};
  const auto patient = storage::patients::survivor(view, pending.patient);
  if (patient == storage::PatientKey::none) return {};
  for (const auto& row : storage::enrolment::all(view, patient)) {
    if (row.state == storage::EnrolmentState::ended) continue;
    const auto other = view.tree(row.resource);
    if (!other || other->root()["id"].value() == episode["id"].value()) continue;
    if (programme_of(other->root()) == programme) return tl::unexpected(already_enrolled());
  }
  return {};
}

}  // namespace

Result<void> check_course(interaction::Act& act, fhir::Editor episode, const interaction::Pending& pending) {
  if (act.principal().kind == access::Principal::Kind::ourselves || ByItself::is(act)) return {};
  const auto start = episode["period"]["start"].value();
  if (is_under_way(episode) && start != pending.previous["period"]["start"].value())
    if (const auto begins = parse_instant(start, act.zone()))
      FHIR_TRY(check_start(*begins, act.now(), "EpisodeOfCare.period.start"));
  if (pending.previous && (stage_of(pending.previous) || is_enrolment(pending.previous))) {
    FHIR_TRY(check_steps(episode, pending.previous));
    FHIR_TRY(keep_history(episode, pending.previous, act.now()));
  }
  return refuse_second(act, episode, pending);
}

}  // namespace varde::followup
