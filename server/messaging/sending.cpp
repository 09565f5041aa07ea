#include "server/messaging/sending.h"

#include <algorithm>

#include <fmt/format.h>

#include "mappings/message.h"
#include "norway/her_id.h"
#include "norway/identifiers.h"
#include "norway/moment.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/patient_match.h"
#include "server/messaging/queue.h"
#include "server/messaging/story.h"
#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kWhere = "Bundle.entry.resource.ofType(Communication)";

fhir::Element communication_in(fhir::Element bundle) {
  for (const auto entry : bundle.each("entry"))
    if (entry["resource"].type_name() == "Communication") return entry["resource"];
  return {};
}

/// What the sender of the Bundle left to us.
void complete(const interaction::View& view, const Settings& settings, fhir::Editor communication) {
  if (identifier(communication, names::kUri).empty())
    add_identifier(communication, names::kUri, "urn:uuid:" + same_case(view.new_id()));
  if (!communication["sent"]) communication.set("sent", norway::oslo_text(view.now()));
  if (communication["sender"]) return;
  auto sender = communication.ensure("sender");
  add_identifier(sender, norway::kHerId, settings.our_her_ids.front());
  sender.set("display", settings.our_department.empty() ? settings.our_organisation : settings.our_department);
}

Result<void> check(const interaction::View& view, const Settings& settings, const mappings::Message& message) {
  const auto sender = her_id_of(message.sender);
  const bool ours = std::ranges::any_of(settings.our_her_ids, [&](const std::string& her_id) {
    return norway::plain_her_id(her_id) == norway::plain_her_id(sender);
  });
  if (!ours)
    return fail(Fault::business_rule,
                "Avsenderen må være en av våre HER-id-er (innstillingen her-id). | The sender must be one of our "
                "HER-ids (setting her-id).",
                std::string(kWhere) + ".sender");
  if (her_id_of(message.receiver).empty())
    return fail(Fault::required_missing, "Mottakeren må ha en HER-id. | The receiver needs a HER-id.",
                std::string(kWhere) + ".recipient");
  if (message.status == "M" || message.status == "C")
    return fail(
        Fault::business_rule,
        "En endring sendes med $change på meldingen som endres, en kansellering med $cancel. | A change is sent "
        "by $change of the message that it changes, a cancellation by $cancel.",
        std::string(kWhere) + ".statusReason");
  if (!message.acceptable())
    return fail(Fault::schema_invalid,
                "Meldingen ville blitt avvist. | The message would be refused: " + message.failures[0].diagnostics,
                message.failures[0].expression);
  if (storage::outbox::by_msg_id(view, same_case(message.id.text)))
    return fail(Fault::business_rule, "MsgId er brukt før. | The MsgId has been used before.",
                std::string(kWhere) + ".identifier");
  return {};
}

/// Patient.id; empty where the message is about nobody.
Result<std::string> whose(const interaction::View& view, const mappings::Message& message) {
  if (!message.patient) return std::string();
  auto matched = match(view, *message.patient);
  if (matched.kind == PatientMatch::Kind::one) return std::move(matched.id);
  return fail(
      Fault::business_rule,
      "Pasienten må være kjent her, med identitetsnummer og navn som stemmer. | The patient must be known here, "
      "by a number and a name that agree.",
      "Bundle.entry.resource.ofType(Patient)");
}

/// As its Communication says, but not before what it answers.
storage::Priority priority_of(const interaction::View& view, fhir::Element communication,
                              const mappings::Message& message) {
  const auto said = communication["priority"].value();
  if (said.empty() || said == "routine") return storage::Priority::routine;
  const auto answered =
      message.parent_id ? storage::outbox::by_msg_id(view, same_case(*message.parent_id)) : std::nullopt;
  const bool waits = answered && answered->state == storage::OutboxState::queued;
  return waits ? answered->priority : storage::Priority::urgent;
}

fhir::Tree story_of(const mappings::Message& message, const std::string& patient_id) {
  auto tree = communication_of(message);
  auto communication = tree.edit();
  if (!patient_id.empty()) communication.ensure("subject").set("reference", "Patient/" + patient_id);
  add_identifier(communication, names::kConversation, conversation_of(message));
  const auto refer = [&](std::string_view element, const std::optional<std::string>& msg_id) {
    if (!msg_id) return;
    auto reference = communication.add(element).ensure("identifier");
    reference.set("system", names::kUri);
    reference.set("value", "urn:uuid:" + same_case(*msg_id));
  };
  refer("inResponseTo", message.parent_id);
  refer("partOf", message.conversation_id);
  set_state(communication, State::queued);
  return tree;
}

}  // namespace

Result<Draft> draft_message(const interaction::View& view, const Settings& settings, fhir::Element bundle) {
  auto tree = fhir::Tree::copy_of(bundle);
  const auto communication = communication_in(tree.root());
  if (!communication)
    return fail(Fault::required_missing, "The Bundle needs a Communication that says type and receiver.",
                std::string(kWhere));
  complete(view, settings, tree.edit().edit(communication));
  auto xml = mappings::from_fhir(tree.root());
  FHIR_TRY(xml);
  const auto message = mappings::read_message(*xml, {settings.largest_message});
  FHIR_TRY(check(view, settings, message));
  const auto patient_id = whose(view, message);
  FHIR_TRY(patient_id);

  Draft draft{{}, story_of(message, *patient_id), {}, {}, {}};
  draft.row.patient = patient_id->empty() ? storage::PatientKey::none
                                          : storage::patients::survivor(view, view.patient_key(*patient_id));
  draft.row.msg_id = same_case(message.id.text);
  draft.row.type = message.type;
  draft.row.receiver_her = her_id_of(message.receiver);
  draft.row.priority = priority_of(view, communication, message);
  draft.copy_receivers = copy_receivers_of(message);
  draft.row.bytes = std::move(*xml);
  return draft;
}

}  // namespace varde::messaging
