#include "server/messaging/letter/letters.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "server/followup/codes.h"
#include "server/followup/task.h"
#include "server/storage/due.h"
#include "server/storage/patients.h"

namespace varde::messaging::letter {
namespace {

using interaction::Act;
using interaction::View;
using storage::DueKind;

/// One Task says that the GP is not told, whatever of.
std::string open_task(const Rule& rule) {
  return rule.receiver == kGp ? std::string(kGpNotTold) : fmt::format("letter-not-sent:{}", rule.code);
}

/// What keeps a letter from being made is a Task, one per patient and letter.
Result<void> tell_why_not(Act& act, const Rule& rule, storage::PatientKey patient, const Failure& failure) {
  if (failure.expression == "Patient.deceased") return {};
  const auto patient_id = act.patient_id(patient);
  const auto why = failure.expression == "Patient.generalPractitioner"
                       ? std::string("pasienten er ikke registrert med en fastlege som har HER-id.")
                       : fmt::format("meldingen lot seg ikke lage ({}).", failure.diagnostics);
  return followup::raise_once(act, patient, open_task(rule),
                              {patient_id, "technical", "routine", fmt::format("{} er ikke sendt: {}", rule.name, why),
                               "Patient/" + patient_id});
}

Result<std::string> dispatch(Act& act, const Settings& settings, Composed& composed) {
  if (composed.letter) return post(act, settings, composed.letter->draft);
  if (composed.renews.empty()) return std::string();
  if (!composed.renewed) return cancel(act, settings, composed.renews);
  auto changed = change(act, settings, composed.renews, *composed.renewed);
  FHIR_TRY(changed);
  // The change is about what the letter was about, so that a later one finds it.
  const auto before = act.tree(fhir::find_resource_type("Communication"), composed.renews);
  auto story = act.tree(fhir::find_resource_type("Communication"), *changed);
  if (!before || !story) return changed;
  for (const auto about : before->root().each("about"))
    if (about["reference"]) story->edit().add_copy("about", about);
  FHIR_TRY(act.update(story->edit(), *changed));
  return changed;
}

void settle_occasions(Act& act, const Rule& rule, storage::PatientKey patient,
                      const std::vector<std::string>& occasions) {
  for (const auto& occasion : occasions)
    storage::due::remove(act, DueKind::letter, patient, subject_of(rule, occasion));
}

/// The occasions are gone in the transaction that posts the letter, or says why there is none.
clock::Handler carry_out(const Settings& settings, const Rule& rule, std::vector<Waiting> seen,
                         Result<Composed> composed) {
  return [&settings, &rule, seen = std::move(seen), composed = std::make_shared<Result<Composed>>(std::move(composed))](
             Act& act, const storage::DueRow& row) -> Result<void> {
    for (const auto& each : seen)
      if (storage::due::at(act, DueKind::letter, row.patient, subject_of(rule, each.occasion)) != each.at)
        return fail(Fault::version_conflict, "what was to be told has changed");
    if (!*composed) {
      std::vector<std::string> all;
      all.reserve(seen.size());
      for (const auto& each : seen) all.push_back(each.occasion);
      settle_occasions(act, rule, row.patient, all);
      return tell_why_not(act, rule, row.patient, composed->error());
    }
    settle_occasions(act, rule, row.patient, (*composed)->settled);
    const auto sent = dispatch(act, settings, **composed);
    FHIR_TRY(sent);
    if (!sent->empty())
      FHIR_TRY(followup::settle(act, row.patient, open_task(rule), "completed", "Meldingen er sendt."));
    if (storage::due::at(act, row.kind, row.patient, row.subject) == row.at)  // it waits for the letter after this one
      storage::due::put(act, {row.kind, row.patient, row.subject, act.now() + (*composed)->again});
    return {};
  };
}

std::vector<std::string> occasions_of(const std::vector<Waiting>& waiting) {
  std::vector<std::string> occasions;
  occasions.reserve(waiting.size());
  for (const auto& each : waiting) occasions.push_back(each.occasion);
  return occasions;
}

/// What this follow-up's letters are written by: the enrolment may have it otherwise by now.
Result<Composed> compose(const View& view, const Settings& settings, const Rule& rule, storage::PatientKey patient,
                         const std::vector<std::string>& occasions) {
  if (is_wanted(view, settings, rule, patient)) return rule.compose(view, settings, patient, occasions);
  Composed nothing;
  nothing.settled = occasions;
  return nothing;
}

Failure nothing_to_tell(const Rule& rule) {
  return {Fault::business_rule,
          fmt::format("{0}: det er ingenting å sende nå. | {0}: there is nothing to send just now.", rule.name)};
}

std::vector<std::string> to_tell(const View& view, const Rule& rule, storage::PatientKey patient) {
  auto occasions = occasions_of(waiting(view, rule, patient));
  return occasions.empty() && rule.now ? rule.now(view, patient) : occasions;
}

}  // namespace

Result<void> check(fhir::Element episode) {
  for (const auto extension : episode.each("extension")) {
    if (extension["url"].value() != followup::codes::kLetter) continue;
    if (!find_rule(extension.extension("code")["valueCode"].value()))
      return fail(Fault::code_invalid, fmt::format("brevene er {0} (the letters are {0})", letter_codes()),
                  extension.path());
    if (!extension.extension("send")["valueBoolean"])
      return fail(Fault::required_missing, "send sier om brevet skal gå (send says whether the letter goes)",
                  extension.path());
  }
  return {};
}

Result<void> notice(Act& act, const Settings& settings, const interaction::Stored& stored) {
  if (settings.letters.empty() || stored.version.patient == storage::PatientKey::none) return {};
  std::optional<storage::PatientKey> patient;
  for (const auto& rule : rules()) {
    const auto* set = rule.resource == fhir::row_of(stored.version.type).name ? switch_of(settings, rule) : nullptr;
    if (!set) continue;
    if (!patient) patient = storage::patients::survivor(act, stored.version.patient);
    rule.notice({act, stored, *patient, act.now() + set->wait});
  }
  return {};
}

void correct(Act& act, const Settings& settings, const followup::Correction& correction) {
  for (const auto& rule : rules())
    if (rule.correct && switch_of(settings, rule)) rule.correct(act, settings, correction);
}

Result<clock::Handler> prepare(const View& view, const Settings& settings, const storage::DueRow& row) {
  const auto* rule = find_rule(std::string_view(row.subject).substr(0, row.subject.find('/')));
  if (!rule)
    return [](Act& act, const storage::DueRow& gone) -> Result<void> {
      storage::due::remove(act, gone.kind, gone.patient, gone.subject);  // of a rule that is not there any more
      return {};
    };
  auto seen = waiting(view, *rule, row.patient);
  std::erase_if(seen, [&](const Waiting& each) { return each.at > view.now(); });
  auto composed = compose(view, settings, *rule, row.patient, occasions_of(seen));
  return carry_out(settings, *rule, std::move(seen), std::move(composed));
}

std::vector<LetterState> states_of(const View& view, const Settings& settings, storage::PatientKey patient) {
  std::vector<LetterState> states;
  for (const auto& rule : rules()) {
    LetterState state{&rule, is_wanted(view, settings, rule, patient), std::nullopt};
    for (const auto& each : waiting(view, rule, patient))
      state.leaves = std::min(state.leaves.value_or(each.at), each.at);
    states.push_back(state);
  }
  return states;
}

Result<Composed> preview(const View& view, const Settings& settings, const Rule& rule, storage::PatientKey patient) {
  const auto occasions = to_tell(view, rule, patient);
  if (occasions.empty()) return tl::unexpected<Failure>(nothing_to_tell(rule));
  auto composed = rule.compose(view, settings, patient, occasions);
  FHIR_TRY(composed);
  if (!composed->letter && composed->renews.empty()) return tl::unexpected<Failure>(nothing_to_tell(rule));
  return composed;
}

Result<std::string> send_now(Act& act, const Settings& settings, const Rule& rule, storage::PatientKey patient) {
  auto composed = preview(act, settings, rule, patient);
  FHIR_TRY(composed);
  settle_occasions(act, rule, patient, composed->settled);
  return dispatch(act, settings, *composed);
}

Result<void> withhold(Act& act, const Rule& rule, storage::PatientKey patient) {
  const auto rows = waiting(act, rule, patient);
  if (rows.empty())
    return fail(Fault::business_rule,
                fmt::format("{0}: ingenting venter på å bli sendt. | {0}: nothing waits to be sent.", rule.name));
  settle_occasions(act, rule, patient, occasions_of(rows));
  return {};
}

}  // namespace varde::messaging::letter
