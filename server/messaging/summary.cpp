#include "server/messaging/summary.h"

#include <fmt/format.h>

#include <stdexcept>

#include "mappings/plo/summary.h"
#include "server/messaging/gp.h"
#include "server/messaging/moment.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/messages.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kType = "HELSEOPPLYSNINGER_LEGE";
constexpr std::size_t kLines = 20;

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

bool was_told_lately(const storage::Snapshot& db, storage::PatientKey patient, storage::Instant since) {
  const auto last = storage::outbox::newest(db, patient, kType);
  return last && last->created > since && last->state != storage::OutboxState::failed;
}

}  // namespace

Result<std::string> send_summary(storage::Transaction& db, interaction::Store& store, const Settings& settings,
                                 const std::string& patient_id, std::string_view reason) {
  const auto patient = load(db, "Patient", patient_id);
  if (!patient) return fail(Fault::not_found, "there is no such Patient");
  if (const auto deceased = patient->root().choice("deceased"); deceased && deceased.value() != "false")
    return fail(Fault::business_rule, "the patient has died: no summary is sent", "Patient.deceased");
  const auto key = db.patient_key(patient_id);
  const auto receiver = gp_of(db, patient->root());
  if (!receiver) return tl::unexpected<Failure>(receiver.error());

  mappings::GpSummary summary;
  summary.patient = patient->root();
  summary.sender = ourselves(settings);
  summary.receiver = *receiver;
  summary.msg_id = same_case(store.new_id());
  summary.generated = oslo_text(db.now());
  summary.purpose = mappings::SummaryPurpose::status_report;
  summary.status = reason.empty() ? "Status fra digital hjemmeoppfølging." : std::string(reason);
  summary.measurements = last_measurements(db, key, db.now(), kLines);
  summary.plan = limits_in_words(db, key);
  const auto xml = written(summary);
  if (!xml) return tl::unexpected<Failure>(xml.error());

  auto story = story_of(summary, patient_id, reason);
  const auto told = store.create(db, story.edit());
  if (!told) return tl::unexpected<Failure>(told.error());
  storage::OutboxRow row;
  row.patient = key;
  row.msg_id = summary.msg_id;
  row.type = kType;
  row.receiver_her = her_id_of(*receiver);
  row.communication_id = told->id;
  row.bytes = *xml;
  storage::outbox::add(db, row);
  return summary.msg_id;
}

Result<void> summarise_alert(storage::Transaction& db, interaction::Store& store, const Settings& settings,
                             const followup::RedAlert& alert) {
  if (was_told_lately(db, alert.patient, db.now() - settings.summary_interval)) return {};
  const auto task = load(db, "Task", alert.task_id);
  const std::string reason =
      fmt::format("Rødt varsel i digital hjemmeoppfølging{}{}. Oppfølgingssenteret følger opp pasienten.",
                  task ? ": " : "", task ? task->root()["description"].value() : "");
  const auto sent = send_summary(db, store, settings, alert.patient_id, reason);
  if (sent) return {};
  return followup::raise(db, store,
                         {alert.patient_id, "technical", "routine",
                          fmt::format("Fastlegen har ikke fått beskjed om det røde varselet: {}",
                                      sent.error().fault == Fault::business_rule
                                          ? "pasienten er ikke registrert med en fastlege som har HER-id."
                                          : "meldingen lot seg ikke lage (" + sent.error().diagnostics + ")."),
                          "Task/" + alert.task_id})
      .map([](const auto&) {});
}

}  // namespace varde::messaging
