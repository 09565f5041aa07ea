#include "server/messaging/cancel.h"

#include "mappings/message.h"
#include "norway/moment.h"
#include "server/messaging/desk.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kStatusList = "urn:oid:2.16.578.1.12.4.1.1.7309";
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");

std::string urn(std::string_view msg_id) { return "urn:uuid:" + same_case(msg_id); }

void refer(fhir::Editor communication, std::string_view element, const std::string& msg_id) {
  communication.remove(element);
  auto identifier = communication.add(element).ensure("identifier");
  identifier.set("system", names::kUri);
  identifier.set("value", msg_id);
}

/// The same message once more, as one that takes the first back.
Result<std::string> cancellation(const mappings::Message& message, std::string_view bytes, const std::string& msg_id,
                                 const std::string& generated) {
  auto bundle = mappings::to_fhir(message, bytes);
  FHIR_TRY(bundle);
  auto root = bundle->edit();
  auto communication = root.edit(root["entry"]["resource"]);
  communication.remove("identifier");
  auto identifier = communication.add("identifier");
  identifier.set("system", names::kUri);
  identifier.set("value", urn(msg_id));
  communication.set("sent", generated);
  communication.remove("statusReason");
  auto coding = communication.ensure("statusReason").add("coding");
  coding.set("system", kStatusList);
  coding.set("code", "C");
  coding.set("display", "Kansellering");
  refer(communication, "inResponseTo", urn(message.id.text));
  refer(communication, "partOf", conversation_of(message));
  return mappings::from_fhir(bundle->root());
}

fhir::Tree story_of(const mappings::Message& message, fhir::Element original) {
  auto tree = communication_of(message);
  auto communication = tree.edit();
  communication.add_copy("subject", original["subject"]);
  communication.add("inResponseTo").set("reference", "Communication/" + std::string(original["id"].value()));
  add_identifier(communication, names::kConversation, conversation_of(message));
  set_state(communication, State::queued);
  return tree;
}

Result<void> retell(interaction::Act& act, const std::string& communication_id, State state) {
  auto story = act.tree(kCommunication, communication_id);
  if (!story) return {};
  set_state(story->edit(), state);
  return act.update(story->edit(), communication_id).map([](const auto&) {});
}

Result<std::string> send_cancellation(interaction::Act& act, const Settings& settings, const storage::OutboxRow& sent,
                                      const std::string& communication_id) {
  const auto message = mappings::read_message(sent.bytes);
  const auto msg_id = act.new_id();
  auto xml = cancellation(message, sent.bytes, msg_id, norway::oslo_text(act.now()));
  FHIR_TRY(xml);
  const auto original = act.tree(kCommunication, communication_id);
  if (!original) return fail(Fault::not_found, "the message has no Communication");
  const auto told = act.create(story_of(mappings::read_message(*xml), original->root()).edit());
  FHIR_TRY(told);
  storage::OutboxRow row;
  row.patient = sent.patient;
  row.msg_id = same_case(msg_id);
  row.type = sent.type;
  row.receiver_her = sent.receiver_her;
  row.route = route_to(settings.routes, sent.receiver_her).name;
  row.communication_id = told->id;
  row.bytes = std::move(*xml);
  storage::outbox::add(act, row, act.now() + settings.apprec_deadline);
  FHIR_TRY(retell(act, communication_id, State::cancelled));
  return told->id;
}

}  // namespace

Result<std::string> cancel(interaction::Act& act, const Settings& settings, const std::string& communication_id) {
  const auto rows = rows_of(act, communication_id);
  if (!rows.sent)
    return fail(Fault::not_found, "Communication/" + communication_id + " is no message that we have sent");
  const auto story = act.tree(kCommunication, communication_id);
  const auto is_over = story && story->root()["status"].value() == "entered-in-error";
  if (is_over || rows.sent->state == storage::OutboxState::failed)
    return fail(Fault::business_rule, "Meldingen er trukket tilbake allerede. | The message is taken back already.");
  if (rows.sent->type == "APPREC" || mappings::read_message(rows.sent->bytes).status == "C")
    return fail(
        Fault::business_rule,
        "Kvitteringer og kanselleringer kan ikke kanselleres. | Receipts and cancellations cannot be cancelled.");
  if (rows.sent->state == storage::OutboxState::queued && rows.sent->attempts == 0) {
    storage::outbox::mark_failed(act, rows.sent->id, "Trukket tilbake før den ble sendt.");
    return retell(act, communication_id, State::cancelled).map([&] { return communication_id; });
  }
  return send_cancellation(act, settings, *rows.sent, communication_id);
}

}  // namespace varde::messaging
