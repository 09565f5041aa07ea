#include "server/messaging/summary.h"

#include <fmt/format.h>

#include <stdexcept>

#include "mappings/plo/summary.h"
#include "server/followup/reading.h"
#include "server/followup/task.h"
#include "server/messaging/gp.h"
#include "server/messaging/moment.h"
#include "server/messaging/names.h"
#include "server/messaging/news.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/due.h"
#include "server/storage/messages.h"
#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kType = mappings::kGpSummaryType;
constexpr std::size_t kLines = 20;
constexpr std::string_view kNotTold = "gp-not-told";  ///< subject of the one open Task

bool is_deceased(fhir::Element patient) {
  const auto deceased = patient.choice("deceased");
  return deceased && deceased.value() != "false";
}

mappings::Party ourselves(const Settings& settings) {
  mappings::Party party;
  party.organisation = settings.our_organisation;
  if (settings.our_department.empty()) {
    party.organisation_ids = {{settings.our_her_ids.front(), "HER"}};
  } else {
    if (!settings.our_organisation_her_id.empty()) party.organisation_ids = {{settings.our_organisation_her_id, "HER"}};
    party.department = settings.our_department;
    party.department_ids = {{settings.our_her_ids.front(), "HER"}};
  }
  return party;
}

fhir::Tree story_of(const mappings::GpSummary& summary, const std::string& patient_id, std::string_view reason) {
  mappings::Message envelope;
  envelope.id.text = summary.msg_id;
  envelope.type = kType;
  envelope.generated = summary.generated;
  envelope.sender = summary.sender;
  envelope.receiver = summary.receiver;
  auto tree = communication_of(envelope);
  auto communication = tree.edit();
  communication.ensure("subject").set("reference", "Patient/" + patient_id);
  if (!reason.empty()) communication.add("reasonCode").set("text", reason);
  set_state(communication, State::queued);
  return tree;
}

/// Our own mistake in writing a letter must not take the measurement that caused it down with it.
Result<std::string> written(const mappings::GpSummary& summary) {
  try {
    return mappings::gp_summary_bundle(summary).and_then(
        [](const fhir::Tree& bundle) { return mappings::from_fhir(bundle.root()); });
  } catch (const std::logic_error& error) {
    return fail(Fault::internal, error.what());
  }
}

/// What a letter says beside the measurements and the limits in force.
struct Letter {
  std::string reason;  ///< empty: the status alone
  std::string title = {};
  std::optional<std::string> corrects = {};  ///< MsgId of the letter that it is about
  std::vector<storage::ResourceKey> told = {};
};

Result<std::string> send(interaction::Act& act, const Settings& settings, const std::string& patient_id,
                         const Letter& letter) {
  const auto patient = act.tree(fhir::find_resource_type("Patient"), patient_id);
  if (!patient) return fail(Fault::not_found, "there is no such Patient");
  if (is_deceased(patient->root()))
    return fail(Fault::business_rule, "the patient has died: no summary is sent", "Patient.deceased");
  const auto key = storage::patients::survivor(act, act.patient_key(patient_id));
  const auto receiver = gp_of(act, patient->root());
  FHIR_TRY(receiver);

  auto last = last_measurements(act, key, act.now(), kLines);
  mappings::GpSummary summary;
  summary.patient = patient->root();
  summary.sender = ourselves(settings);
  summary.receiver = *receiver;
  summary.msg_id = same_case(act.new_id());
  summary.parent_id = letter.corrects;
  summary.generated = oslo_text(act.now());
  summary.purpose = mappings::SummaryPurpose::status_report;
  summary.title = letter.title;
  summary.status = letter.reason.empty() ? "Status fra digital hjemmeoppfølging." : letter.reason;
  summary.measurements = std::move(last.lines);
  summary.limits = limits_in_words(act, key);
  summary.contact_phone = settings.our_telephone;
  summary.responsible = settings.responsible;
  if (!settings.responsible_hpr.empty()) summary.responsible_ids = {{settings.responsible_hpr, "HPR"}};
  const auto xml = written(summary);
  FHIR_TRY(xml);

  auto story = story_of(summary, patient_id, letter.reason);
  const auto told = act.create(story.edit());
  FHIR_TRY(told);
  storage::OutboxRow row;
  row.patient = key;
  row.msg_id = summary.msg_id;
  row.type = kType;
  row.receiver_her = her_id_of(*receiver);
  row.route = route_to(settings.routes, row.receiver_her).name;
  row.communication_id = told->id;
  row.bytes = *xml;
  storage::outbox::add(act, row, act.now() + settings.apprec_deadline);
  for (const auto& observations : {last.observations, letter.told})
    for (const auto observation : observations) storage::told::put(act, observation, summary.msg_id);
  FHIR_TRY(followup::settle(act, key, kNotTold, "completed", "Fastlegen har fått beskjed."));
  return summary.msg_id;
}

/// As send, but what stands in its way is a Task, one per patient.
Result<void> send_or_tell(interaction::Act& act, const Settings& settings, storage::PatientKey patient,
                          const Letter& letter) {
  const auto patient_id = act.patient_id(patient);
  const auto sent = send(act, settings, patient_id, letter);
  if (sent) return {};
  const auto& failure = sent.error();
  if (failure.expression == "Patient.deceased") return {};
  return followup::raise_once(
      act, patient, kNotTold,
      {patient_id, "technical", "routine",
       fmt::format("Fastlegen har ikke fått beskjed ({}): {}", letter.title.empty() ? "rødt varsel" : "rettelse",
                   failure.expression == "Patient.generalPractitioner"
                       ? "pasienten er ikke registrert med en fastlege som har HER-id."
                       : "meldingen lot seg ikke lage (" + failure.diagnostics + ")."),
       "Patient/" + patient_id});
}

/// When the next summary may be sent; nullopt: now.
std::optional<storage::Instant> end_of_interval(const interaction::View& view, storage::PatientKey patient,
                                                const Settings& settings) {
  const auto last = storage::outbox::newest(view, patient, kType);
  if (!last || last->state == storage::OutboxState::failed) return std::nullopt;
  const auto end = last->created + settings.summary_interval;
  return end > view.now() ? std::optional(end) : std::nullopt;
}

}  // namespace

Result<std::string> send_summary(interaction::Act& act, const Settings& settings, const std::string& patient_id,
                                 std::string_view reason) {
  return send(act, settings, patient_id, {std::string(reason)});
}

Result<void> summarise_alert(interaction::Act& act, const Settings& settings, const followup::RedAlert& alert) {
  const auto end = end_of_interval(act, alert.patient, settings);
  if (!end && !alert.is_news) return {};
  storage::due::put(act, {storage::DueKind::summary, alert.patient, alert.observation_id, end.value_or(act.now())});
  if (end) return {};
  return send_held_back(act, settings, alert.patient);
}

Result<void> send_held_back(interaction::Act& act, const Settings& settings, storage::PatientKey patient) {
  Letter letter;
  std::vector<followup::Reading> readings;
  for (const auto& row : storage::due::of(act, storage::DueKind::summary, patient)) {
    storage::due::remove(act, row.kind, patient, row.subject);
    const auto version = act.current(fhir::find_resource_type("Observation"), row.subject);
    auto reading = version ? followup::read_reading(act, version->key) : std::nullopt;
    if (!reading || reading->judgement.level != followup::Zone::red) continue;  // corrected meanwhile
    letter.told.push_back(version->key);
    readings.push_back(std::move(*reading));
  }
  if (readings.empty()) return {};
  letter.reason =
      fmt::format("Rødt varsel i digital hjemmeoppfølging: {}. {}", red_in_words(act, patient, readings),
                  is_followed_up(act, patient, readings) ? "Oppfølgingssenteret følger opp pasienten."
                                                         : "Ingen ved oppfølgingssenteret har tatt varselet ennå.");
  return send_or_tell(act, settings, patient, letter);
}

void note_correction(interaction::Act& act, const followup::Correction& correction) {
  if (storage::told::msg_id(act, correction.observation).empty()) return;
  storage::due::put(act, {storage::DueKind::correction, correction.patient, correction.observation_id, act.now()});
}

Result<void> send_corrections(interaction::Act& act, const Settings& settings, storage::PatientKey patient) {
  Letter letter{{}, "Rettelse fra digital hjemmeoppfølging"};
  for (const auto& row : storage::due::of(act, storage::DueKind::correction, patient)) {
    storage::due::remove(act, row.kind, patient, row.subject);
    const auto version = act.current(fhir::find_resource_type("Observation"), row.subject);
    const auto msg_id = version ? storage::told::msg_id(act, version->key) : std::string();
    const auto sent = storage::outbox::by_msg_id(act, msg_id);
    if (!sent) continue;
    const auto words = correction_in_words(act, row.subject, sent->created);
    if (!words) continue;
    letter.corrects = msg_id;
    letter.reason += (letter.reason.empty() ? "Rettelse av det vi har meldt tidligere: " : ". ") + *words;
    letter.told.push_back(version->key);
  }
  if (letter.reason.empty()) return {};
  letter.reason += ".";
  return send_or_tell(act, settings, patient, letter);
}

}  // namespace varde::messaging
