#include "server/messaging/gp_letter.h"

#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "mappings/plo/summary.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/gp.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/queue.h"
#include "server/messaging/story.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kType = mappings::kGpSummaryType;
constexpr std::size_t kLines = 20;

fhir::Tree story_of(const mappings::GpSummary& summary, const std::string& patient_id, const Letter& letter) {
  mappings::Message envelope;
  envelope.id.text = summary.msg_id;
  envelope.type = kType;
  envelope.generated = summary.generated;
  envelope.sender = summary.sender;
  envelope.receiver = summary.receiver;
  auto tree = communication_of(envelope);
  auto communication = tree.edit();
  communication.ensure("subject").set("reference", "Patient/" + patient_id);
  add_identifier(communication, names::kConversation, conversation_of(envelope));
  if (!letter.reason.empty()) communication.add("reasonCode").set("text", letter.reason);
  if (!letter.about.empty()) communication.add("about").set("reference", letter.about);
  set_state(communication, State::queued);
  return tree;
}

void attach(fhir::Editor bundle, const Letter::Attachment& attachment, const std::string& created) {
  auto document = bundle.add("entry").add_resource("resource", fhir::find_resource_type("DocumentReference"));
  document.set("status", "current");
  document.set("date", created);
  auto file = document.add("content").add("attachment");
  file.set("contentType", attachment.media);
  file.set("data", fhir::text::to_base64(attachment.bytes));
  file.set("title", attachment.title);
  file.set("creation", created);
}

/// Our own mistake in writing a letter must not take the measurement that caused it down with it.
Result<std::string> written(const mappings::GpSummary& summary, const Letter& letter) {
  try {
    return mappings::gp_summary_bundle(summary).and_then([&](fhir::Tree bundle) {
      if (letter.attachment) attach(bundle.edit(), *letter.attachment, summary.generated);
      return mappings::from_fhir(bundle.root());
    });
  } catch (const std::logic_error& error) {
    return fail(Fault::internal, error.what());
  }
}

mappings::GpSummary summary_of(const interaction::View& view, const Settings& settings, const Letter& letter,
                               fhir::Element patient, const mappings::Party& gp) {
  mappings::GpSummary summary;
  static_cast<mappings::LetterHead&>(summary) = letter::head_of(view, settings, patient, kType, gp);
  summary.parent_id = letter.corrects;
  summary.purpose = letter.asks ? mappings::SummaryPurpose::wants_assessment : mappings::SummaryPurpose::status_report;
  summary.plan = letter.plan;
  summary.title = letter.title;
  summary.status = letter.reason.empty() ? "Status fra digital hjemmeoppfølging." : letter.reason;
  return summary;
}

}  // namespace

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

Result<Draft> draft(const interaction::View& view, const Settings& settings, const std::string& patient_id,
                    const Letter& letter) {
  const auto version = view.current(fhir::find_resource_type("Patient"), patient_id);
  const auto patient = version ? view.tree(version->key) : std::nullopt;
  if (!patient) return fail(Fault::not_found, "there is no such Patient");
  if (is_deceased(patient->root()))
    return fail(Fault::business_rule, "the patient has died: no summary is sent", "Patient.deceased");
  const auto key = storage::patients::survivor(view, view.patient_key(patient_id));
  const auto receiver = gp_of(view, patient->root());
  FHIR_TRY(receiver);

  auto summary = summary_of(view, settings, letter, patient->root(), *receiver);
  auto last = last_measurements(view, key, view.now(), kLines);
  summary.measurements = std::move(last.lines);
  summary.limits = limits_in_words(view, key);
  auto xml = written(summary, letter);
  FHIR_TRY(xml);

  Draft draft{{}, story_of(summary, patient_id, letter), std::move(last.observations), {}};
  draft.told.insert(draft.told.end(), letter.told.begin(), letter.told.end());
  draft.made_of.emplace_back(version->key, version->version);
  for (const auto observation : draft.told)
    if (const auto read = view.current(observation)) draft.made_of.emplace_back(observation, read->version);
  draft.row.patient = key;
  draft.row.msg_id = summary.msg_id;
  draft.row.type = kType;
  draft.row.receiver_her = her_id_of(*receiver);
  draft.row.bytes = std::move(*xml);
  draft.row.priority = letter.priority;
  return draft;
}

Result<std::string> post(interaction::Act& act, const Settings& settings, Draft& draft) {
  for (const auto& [key, version] : draft.made_of)
    if (const auto now = act.current(key); !now || now->version != version)
      return fail(Fault::version_conflict, "what the letter tells of has changed");
  const auto told = act.create(draft.story.edit());
  FHIR_TRY(told);
  draft.row.communication_id = told->id;
  enqueue(act, settings, draft.row, draft.copy_receivers);
  for (const auto observation : draft.told) storage::told::put(act, draft.row.patient, observation, draft.row.msg_id);
  return draft.row.msg_id;
}

}  // namespace varde::messaging
