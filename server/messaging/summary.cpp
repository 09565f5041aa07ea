#include "server/messaging/summary.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "mappings/plo/summary.h"
#include "server/followup/reading.h"
#include "server/followup/task.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/news.h"
#include "server/storage/due.h"
#include "server/storage/messages.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kType = mappings::kGpSummaryType;
using Rows = std::vector<storage::DueRow>;

Result<std::string> post_and_settle(interaction::Act& act, const Settings& settings, Draft& letter) {
  const auto patient = letter.row.patient;
  auto sent = post(act, settings, letter);
  FHIR_TRY(sent);
  FHIR_TRY(followup::settle(act, patient, kGpNotTold, "completed", "Fastlegen har fått beskjed."));
  return sent;
}

/// What keeps a letter from being made is a Task, one per patient.
Result<void> tell_why_not(interaction::Act& act, storage::PatientKey patient, std::string_view what,
                          const Failure& failure) {
  if (failure.expression == "Patient.deceased") return {};
  const auto patient_id = act.patient_id(patient);
  return followup::raise_once(act, patient, kGpNotTold,
                              {patient_id, "technical", "routine",
                               fmt::format("Fastlegen har ikke fått beskjed ({}): {}", what,
                                           failure.expression == "Patient.generalPractitioner"
                                               ? "pasienten er ikke registrert med en fastlege som har HER-id."
                                               : "meldingen lot seg ikke lage (" + failure.diagnostics + ")."),
                               "Patient/" + patient_id});
}

/// The intents are gone in the transaction that posts the letter, or says why there is none.
clock::Handler carry_out(const Settings& settings, Rows intents, std::string_view what, Result<Draft> drafted) {
  return [&settings, intents = std::move(intents), what, drafted = std::make_shared<Result<Draft>>(std::move(drafted))](
             interaction::Act& act, const storage::DueRow& row) -> Result<void> {
    for (const auto& intent : intents) {
      if (storage::due::at(act, intent.kind, intent.patient, intent.subject) != intent.at)
        return fail(Fault::version_conflict, "what was to be told has changed");
      storage::due::remove(act, intent.kind, intent.patient, intent.subject);
    }
    if (!*drafted) return tell_why_not(act, row.patient, what, drafted->error());
    return post_and_settle(act, settings, **drafted).map([](const auto&) {});
  };
}

/// Nothing is left to tell.
clock::Handler forget(Rows intents) {
  return [intents = std::move(intents)](interaction::Act& act, const storage::DueRow&) -> Result<void> {
    for (const auto& intent : intents) storage::due::remove(act, intent.kind, intent.patient, intent.subject);
    return {};
  };
}

/// A letter with a plan, or at either end of the follow-up, is no summary: what turns red after it does not wait for
/// it.
bool is_no_summary(const interaction::View& view, const std::string& communication_id) {
  const auto story = view.tree(fhir::find_resource_type("Communication"), communication_id);
  if (!story) return false;
  for (const auto about : story->root().each("about"))
    for (const auto* type : {"CarePlan", "EpisodeOfCare"})
      if (!view.own_id(about["reference"].value(), fhir::find_resource_type(type)).empty()) return true;
  return false;
}

/// When the next summary may be sent; nullopt: now.
std::optional<storage::Instant> end_of_interval(const interaction::View& view, storage::PatientKey patient,
                                                const Settings& settings) {
  const auto last = storage::outbox::newest(view, patient, kType);
  if (!last || last->state == storage::OutboxState::failed) return std::nullopt;
  if (is_no_summary(view, last->communication_id)) return std::nullopt;
  const auto end = last->created + settings.summary_interval;
  return end > view.now() ? std::optional(end) : std::nullopt;
}

}  // namespace

Result<std::string> send_summary(interaction::Act& act, const Settings& settings, Draft& drafted,
                                 const std::string& patient_id, std::string_view reason) {
  auto sent = post_and_settle(act, settings, drafted);
  if (sent || sent.error().fault != Fault::version_conflict) return sent;
  auto anew = draft(act, settings, patient_id, {std::string(reason)});
  FHIR_TRY(anew);
  return post_and_settle(act, settings, *anew);
}

void intend_to_tell(interaction::Act& act, const Settings& settings, const followup::RedAlert& alert) {
  const auto end = end_of_interval(act, alert.patient, settings);
  const auto others = storage::due::of(act, storage::DueKind::summary, alert.patient);
  if (!end && !alert.is_news && others.empty()) return;
  storage::due::put(act, {storage::DueKind::summary, alert.patient, alert.observation_id, end.value_or(act.now())});
}

Result<clock::Handler> prepare_summary(const interaction::View& view, const Settings& settings,
                                       storage::PatientKey patient) {
  const auto intents = storage::due::of(view, storage::DueKind::summary, patient);
  Letter letter{.reason = {}, .priority = storage::Priority::urgent};
  std::vector<followup::Reading> readings;
  for (const auto& row : intents) {
    const auto version = view.current(fhir::find_resource_type("Observation"), row.subject);
    auto reading = version ? followup::read_reading(view, version->key) : std::nullopt;
    if (!reading || reading->judgement.level != followup::Zone::red) continue;  // corrected meanwhile
    letter.told.push_back(version->key);
    readings.push_back(std::move(*reading));
  }
  if (readings.empty()) return forget(intents);
  letter.reason =
      fmt::format("Rødt varsel i digital hjemmeoppfølging: {}. {}", red_in_words(view, patient, readings),
                  is_followed_up(view, patient, readings) ? "Oppfølgingssenteret følger opp pasienten."
                                                          : "Ingen ved oppfølgingssenteret har tatt varselet ennå.");
  return carry_out(settings, intents, "rødt varsel", draft(view, settings, view.patient_id(patient), letter));
}

void note_correction(interaction::Act& act, const followup::Correction& correction) {
  if (storage::told::msg_id(act, correction.observation).empty()) return;
  storage::due::put(act, {storage::DueKind::correction, correction.patient, correction.observation_id, act.now()});
}

Result<clock::Handler> prepare_correction(const interaction::View& view, const Settings& settings,
                                          storage::PatientKey patient) {
  const auto intents = storage::due::of(view, storage::DueKind::correction, patient);
  Letter letter{{}, "Rettelse fra digital hjemmeoppfølging"};
  for (const auto& row : intents) {
    const auto version = view.current(fhir::find_resource_type("Observation"), row.subject);
    const auto msg_id = version ? storage::told::msg_id(view, version->key) : std::string();
    const auto sent = storage::outbox::by_msg_id(view, msg_id);
    if (!sent) continue;
    const auto words = correction_in_words(view, row.subject, sent->created);
    if (!words) continue;
    letter.corrects = msg_id;
    letter.reason += (letter.reason.empty() ? "Rettelse av det vi har meldt tidligere: " : ". ") + *words;
    letter.told.push_back(version->key);
  }
  if (letter.reason.empty()) return forget(intents);
  letter.reason += ".";
  return carry_out(settings, intents, "rettelse", draft(view, settings, view.patient_id(patient), letter));
}

}  // namespace varde::messaging
