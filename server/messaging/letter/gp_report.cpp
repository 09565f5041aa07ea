// HELSEOPPLYSNINGER_LEGE to the GP at the two ends of the follow-up: after the trial the history of measurements, with
// a question about limits; at the end how it went. Source: HIS 1145:2014; the users' course in ../README.md, "Letters".
#include <fmt/format.h>

#include "fhir-model/time/text.h"
#include "server/followup/course/stage.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/letter/status_text.h"

namespace varde::messaging::letter {
namespace {

using followup::Stage;
using storage::Instant;

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
constexpr std::chrono::days kTrial{21};         ///< until the patient's own level is known
constexpr std::chrono::days kHistory{90};       ///< that the letters tell of
constexpr std::chrono::days kUntilMeasured{7};  ///< looked again, where nothing has come

// --- after the trial
// ---------------------------------------------------------------------------------------------------

void notice_history(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  const auto standing = standing_of(stored.resource), before = standing_of(stored.previous);
  auto& act = occasion.act;
  if (standing == Standing::active && before == Standing::none)
    return intend(act, kGpHistory, occasion.patient, stored.version.id, act.now() + kTrial);
  const bool is_evaluated = stored.previous && followup::stage_of(stored.previous) == Stage::trial &&
                            followup::stage_of(stored.resource) == Stage::running;
  if (!is_evaluated) return;
  for (const auto& each : waiting(act, kGpHistory, occasion.patient))
    if (each.occasion == stored.version.id)
      storage::due::put(
          act, {storage::DueKind::letter, occasion.patient, subject_of(kGpHistory, each.occasion), occasion.leaves});
}

Letter history_letter(const Settings& settings, const std::string& averages, fhir::Element episode) {
  Letter letter;
  letter.title = "Digital hjemmeoppfølging: målinger så langt, og spørsmål om grenser";
  letter.reason = fmt::format("Pasienten har hatt digital hjemmeoppfølging siden {}. Målingene så langt:\n{}",
                              day_in_words(episode["period"]["start"].value()), averages);
  letter.plan =
      "Er grensene riktige for denne pasienten? Svar med dialogmelding, eller skriv hvilke grenser som skal gjelde. Gi "
      "beskjed om du ønsker et tverrfaglig møte. " +
      whom_to_call(settings);
  letter.about = "EpisodeOfCare/" + std::string(episode["id"].value());
  letter.asks = true;
  return letter;
}

std::string text_of(const Letter& letter) { return letter.reason + (letter.plan.empty() ? "" : "\n\n" + letter.plan); }

Result<Composed> compose_history(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                                 const std::vector<std::string>& occasions) {
  Composed composed;
  for (const auto& occasion : occasions) {
    const auto episode = view.tree(kEpisodeOfCare, occasion);
    const auto standing = standing_of(episode ? episode->root() : fhir::Element{});
    const auto averages = averages_in_words(view, patient, view.now() - kHistory);
    const bool is_under_way = standing == Standing::active || standing == Standing::paused;
    if (is_under_way && averages.empty()) {  // nothing to tell yet
      composed.again = kUntilMeasured;
      continue;
    }
    composed.settled.push_back(occasion);
    if (!is_under_way || composed.letter) continue;
    const auto letter = history_letter(settings, averages, episode->root());
    auto drafted = draft(view, settings, view.patient_id(patient), letter);
    FHIR_TRY(drafted);
    composed.letter = Written{std::move(*drafted), text_of(letter)};
  }
  return composed;
}

// --- at the end
// --------------------------------------------------------------------------------------------------------

void notice_end(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  if (standing_of(stored.resource) != Standing::ended) return;
  const auto before = standing_of(stored.previous);
  if (before != Standing::active && before != Standing::paused) return;
  intend(occasion.act, kGpEnd, occasion.patient, stored.version.id, occasion.leaves);
}

Result<Composed> compose_end(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                             const std::vector<std::string>& occasions) {
  Composed composed;
  for (const auto& occasion : occasions) {
    const auto episode = view.tree(kEpisodeOfCare, occasion);
    composed.settled.push_back(occasion);
    if (!episode || standing_of(episode->root()) != Standing::ended || composed.letter) continue;  // taken back
    const auto period = episode->root()["period"];
    const auto averages = averages_in_words(view, patient, view.now() - kHistory);
    Letter letter;
    letter.title = "Digital hjemmeoppfølging er avsluttet";
    letter.reason = fmt::format("Digital hjemmeoppfølging er avsluttet {} (startet {}). {}",
                                day_in_words(period["end"].value()), day_in_words(period["start"].value()),
                                averages.empty() ? "Ingen målinger er mottatt de siste 90 dagene."
                                                 : "Målinger de siste 90 dagene:\n" + averages);
    letter.plan = "Målinger følges ikke lenger opp. " + whom_to_call(settings);
    letter.about = "EpisodeOfCare/" + occasion;
    auto drafted = draft(view, settings, view.patient_id(patient), letter);
    FHIR_TRY(drafted);
    composed.letter = Written{std::move(*drafted), text_of(letter)};
  }
  return composed;
}

std::vector<std::string> open_now(const interaction::View& view, storage::PatientKey patient) {
  const auto episode = open_episode(view, patient);
  if (!episode) return {};
  return {std::string(episode->root()["id"].value())};
}

}  // namespace

constinit const Rule kGpHistory{"gp-history",
                                "HELSEOPPLYSNINGER_LEGE",
                                "Målinger så langt til fastlegen",
                                kGp,
                                "EpisodeOfCare",
                                std::chrono::minutes{10},
                                true,
                                notice_history,
                                nullptr,
                                compose_history,
                                open_now};
constinit const Rule kGpEnd{"gp-end",
                            "HELSEOPPLYSNINGER_LEGE",
                            "Sluttrapport til fastlegen",
                            kGp,
                            "EpisodeOfCare",
                            std::chrono::minutes{10},
                            false,
                            notice_end,
                            nullptr,
                            compose_end,
                            nullptr};

}  // namespace varde::messaging::letter
