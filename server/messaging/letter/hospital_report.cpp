// INNLEGGELSESRAPPORT to the hospital that told of an admission: that the patient has digital home follow-up, the plan
// in force, the last values, what is open. It follows the stay: cancelled where the admission was an error, changed
// where a reading in it was. Source: HIS 1143:2014; HISD 1154:2018 (change, cancellation).
#include <fmt/format.h>

#include "mappings/plo/summary.h"
#include "server/followup/codes.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/letter/status_text.h"
#include "server/messaging/names.h"
#include "server/messaging/story.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/messages.h"

namespace varde::messaging::letter {
namespace {

const fhir::TypeId kEncounter = fhir::find_resource_type("Encounter");
constexpr std::size_t kLines = 10;
constexpr std::chrono::days kHistory{30};

bool is_stay(fhir::Element encounter) { return encounter && !identifier(encounter, names::kAdmissionOf).empty(); }
bool is_in_hospital(fhir::Element encounter) { return encounter && encounter["status"].value() == "in-progress"; }

/// An occasion is the id of the Encounter.
void notice(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  if (!is_stay(stored.resource)) return;
  const bool begins = is_in_hospital(stored.resource) && !is_in_hospital(stored.previous);
  const bool was_wrong = stored.resource["status"].value() == "entered-in-error" && is_in_hospital(stored.previous);
  if (!begins && !was_wrong) return;
  intend(occasion.act, kHospitalReport, occasion.patient, stored.version.id, occasion.leaves);
}

/// While the patient is there, they hear it.
void correct(interaction::Act& act, const Settings&, const followup::Correction& correction) {
  if (!storage::outbox::newest(act, correction.patient, kHospitalReport.type)) return;
  const auto sent =
      letter_about(act, correction.patient, kHospitalReport.type, "Observation/" + correction.observation_id);
  if (sent.empty()) return;
  for (const auto& stay : told_in(act, sent, "Encounter"))
    intend(act, kHospitalReport, correction.patient, stay, act.now());
}

/// The message that told of the stay, as it came: who sent it, and in which conversation.
std::optional<mappings::Message> admission_of(const interaction::View& view, fhir::Element encounter) {
  for (const auto& mark : identifiers(encounter, names::kMessage)) {
    const auto slash = mark.rfind('/');
    if (slash == std::string::npos) continue;
    const auto row = storage::inbox::first(view, mark.substr(0, slash), mark.substr(slash + 1));
    if (row && !row->bytes.empty()) return mappings::read_message(row->bytes);
  }
  return std::nullopt;
}

std::string status_of(const Settings& settings, fhir::Element episode) {
  const auto unit = settings.our_department.empty() ? settings.our_organisation : settings.our_department;
  auto text = fmt::format("Pasienten har hatt digital hjemmeoppfølging siden {}, ved {}.",
                          day_in_words(episode["period"]["start"].value()), unit);
  text += standing_of(episode) == Standing::paused
              ? " Oppfølgingen er satt på pause under innleggelsen, og gjenopptas etter utskrivning."
              : " Oppfølgingen er ikke satt på pause.";
  if (!settings.our_telephone.empty()) text += fmt::format(" Telefon {}.", settings.our_telephone);
  return text;
}

std::string findings_of(const interaction::View& view, storage::PatientKey patient,
                        const std::vector<mappings::MeasurementLine>& lines, const std::string& limits) {
  std::string text = lines.empty() ? "Ingen målinger er mottatt de siste 30 dagene."
                                   : "Siste målinger hjemme:\n" + mappings::measurement_list(lines);
  const auto add = [&](std::string_view heading, const std::string& words) {
    if (!words.empty()) text += fmt::format("\n\n{}:\n{}", heading, words);
  };
  add("Siste 30 dager", averages_in_words(view, patient, view.now() - kHistory));
  add("Grenser i planen", limits);
  add("Åpne varsler", alerts_in_words(view, patient));
  return text;
}

Result<Report> report_of(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const fhir::Tree& encounter, fhir::Element episode) {
  const auto admission = admission_of(view, encounter.root());
  if (!admission)
    return fail(Fault::business_rule,
                "Innleggelsen er ikke kommet som melding: det finnes ingen avsender å svare. | No message told of the "
                "admission: there is nobody to answer.",
                "Encounter.identifier");
  auto whom = about(view, patient);
  FHIR_TRY(whom);
  const auto last = last_measurements(view, patient, view.now(), kLines);
  mappings::CareLetter letter{head_of(view, settings, whom->patient.root(), kHospitalReport.type, admission->sender)};
  letter.parent_id = admission->id.text;
  letter.conversation_id = admission->conversation_id ? admission->conversation_id : letter.parent_id;
  const auto provider = settings.our_department.empty() ? settings.our_organisation : settings.our_department;
  letter.services = {{"Digital hjemmeoppfølging", provider, whom_to_call(settings), "",
                      std::string(episode["period"]["start"].value().substr(0, 10)), ""}};
  auto plan = plan_in_words(view, patient);
  const auto limits = plan.empty() ? limits_in_words(view, patient) : std::string();  // they stand in the plan
  letter.parts = {{"PROB", "Aktuell problemstilling", status_of(settings, episode)},
                  {"FU", "Funn og undersøkelsesresultat", findings_of(view, patient, last.lines, limits)},
                  {"OP", "Planer for videre oppfølging", std::move(plan)}};
  auto bundle = mappings::care_letter_bundle(letter);
  FHIR_TRY(bundle);
  Report report{std::move(*bundle), {}, {"Encounter/" + std::string(encounter.root()["id"].value())}};
  for (const auto& part : letter.parts)
    if (!part.text.empty()) report.text += (report.text.empty() ? "" : "\n\n") + part.text;
  for (const auto key : last.observations)
    if (const auto version = view.current(key)) report.about.push_back("Observation/" + version->id);
  return report;
}

/// One stay: its report goes, follows a correction, or is taken back.
Result<void> tell(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                  const fhir::Tree& encounter, Composed& composed) {
  const auto id = std::string(encounter.root()["id"].value());
  const auto sent = letter_about(view, patient, kHospitalReport.type, "Encounter/" + id);
  if (!is_in_hospital(encounter.root())) {
    if (encounter.root()["status"].value() == "entered-in-error") composed.renews = sent;
    return {};
  }
  const auto episode = open_episode(view, patient);
  if (!episode) return {};  // no follow-up to tell of
  auto report = report_of(view, settings, patient, encounter, episode->root());
  FHIR_TRY(report);
  composed.text = report->text;
  if (sent.empty()) {
    auto letter = written(view, settings, report->bundle.root(), report->text,
                          "Innlagt pasient har digital hjemmeoppfølging", report->about);
    FHIR_TRY(letter);
    composed.letter = std::move(*letter);
  } else {
    composed.renews = sent;
    composed.renewed = Renewed{std::move(report->bundle), {}};
  }
  return {};
}

Result<Composed> compose(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const std::vector<std::string>& occasions) {
  Composed composed;
  for (const auto& occasion : occasions) {
    if (composed.letter || !composed.renews.empty()) break;  // the next letter
    composed.settled.push_back(occasion);
    const auto encounter = view.tree(kEncounter, occasion);
    if (encounter) FHIR_TRY(tell(view, settings, patient, *encounter, composed));
  }
  return composed;
}

std::vector<std::string> now(const interaction::View& view, storage::PatientKey patient) {
  std::vector<std::string> open;
  for (const auto& stay : stays_of(view, view.patient_id(patient)))
    if (stay.is_open()) open.push_back(stay.id);
  return open;
}

}  // namespace

constinit const Rule kHospitalReport{"hospital-report",
                                     "INNLEGGELSESRAPPORT",
                                     "Innleggelsesrapport til sykehuset",
                                     "Sykehuset",
                                     "Encounter",
                                     std::chrono::minutes{1},
                                     true,
                                     notice,
                                     correct,
                                     compose,
                                     now};

}  // namespace varde::messaging::letter
