#include "server/messaging/renewal.h"

#include <array>

#include <fmt/format.h>

#include "mappings/message.h"
#include "mappings/plo/summary.h"
#include "norway/moment.h"
#include "server/messaging/desk.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kStatusList = "urn:oid:2.16.578.1.12.4.1.1.7309";
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
/// More changes than any letter has; a circle of references ends here as well.
constexpr int kMostChanges = 100;

struct Kind {
  std::string_view code, name;  ///< list 7309
  State before;                 ///< what becomes of the message that it follows
};
constexpr Kind kChange{"M", "Endring", State::replaced}, kCancellation{"C", "Kansellering", State::cancelled};

std::string urn(std::string_view msg_id) { return "urn:uuid:" + same_case(msg_id); }

void refer(fhir::Editor communication, std::string_view element, const std::string& msg_id) {
  communication.remove(element);
  auto identifier = communication.add(element).ensure("identifier");
  identifier.set("system", names::kUri);
  identifier.set("value", msg_id);
}

/// Referrals, discharge letters and reports say their status in the document itself, where it is kept as it came.
void say_in_document(fhir::Editor bundle, const Kind& kind) {
  constexpr std::string_view kContent = "https://varde.example/fhir/StructureDefinition/plo-content";
  for (const auto entry : bundle.each("entry")) {
    const auto resource = entry["resource"];
    if (resource.type_name() != "Composition" && resource.type_name() != "DiagnosticReport") continue;
    const auto status = resource.extension(kContent).extension("ServType")["valueCoding"];
    if (!status) continue;
    auto coding = bundle.edit(status);
    coding.set("code", kind.code);
    coding.set("display", kind.name);
  }
}

/// The Communication of `message` as that of its successor.
void follow(fhir::Editor communication, const mappings::Message& message, const Kind& kind, const std::string& msg_id,
            const std::string& generated) {
  communication.remove("identifier");
  auto identifier = communication.add("identifier");
  identifier.set("system", names::kUri);
  identifier.set("value", urn(msg_id));
  communication.set("sent", generated);
  communication.remove("statusReason");
  auto coding = communication.ensure("statusReason").add("coding");
  coding.set("system", kStatusList);
  coding.set("code", kind.code);
  coding.set("display", kind.name);
  refer(communication, "inResponseTo", urn(message.id.text));
  refer(communication, "partOf", conversation_of(message));
}

/// Envelope and patient of `first`, everything else of `renewed`.
fhir::Tree with_content_of(fhir::Element first, fhir::Element renewed) {
  auto tree = fhir::Tree::of("Bundle");
  tree.edit().set("type", "collection");
  const auto is_envelope = [](fhir::Element entry) {
    const auto type = entry["resource"].type_name();
    return type == "Communication" || type == "Patient";
  };
  for (const auto entry : first.each("entry"))
    if (is_envelope(entry)) tree.edit().add_copy("entry", entry);
  for (const auto entry : renewed.each("entry"))
    if (!is_envelope(entry)) tree.edit().add_copy("entry", entry);
  return tree;
}

/// The message that comes after the one sent, with its own content or with that of `renewed`.
Result<std::string> successor(const storage::OutboxRow& sent, const Kind& kind, const std::string& msg_id,
                              const std::string& generated, const fhir::Tree* renewed) {
  const auto message = mappings::read_message(sent.bytes);
  auto bundle = mappings::to_fhir(message, sent.bytes);
  FHIR_TRY(bundle);
  if (renewed) *bundle = with_content_of(bundle->root(), renewed->root());
  auto root = bundle->edit();
  follow(root.edit(root["entry"]["resource"]), message, kind, msg_id, generated);
  say_in_document(root, kind);
  auto xml = mappings::from_fhir(bundle->root());
  FHIR_TRY(xml);
  if (mappings::read_message(*xml).status == kind.code) return xml;
  return fail(Fault::business_rule,
              fmt::format("Meldinger av typen {0} kan ikke endres eller kanselleres. | Messages of type {0} cannot be "
                          "changed or cancelled.",
                          sent.type));
}

fhir::Tree story_of(const mappings::Message& message, const Kind& kind, fhir::Element original) {
  auto tree = communication_of(message);
  auto communication = tree.edit();
  communication.add_copy("subject", original["subject"]);
  communication.add("inResponseTo").set("reference", "Communication/" + std::string(original["id"].value()));
  add_identifier(communication, names::kConversation, conversation_of(message));
  auto coding = communication.ensure("statusReason").add("coding");
  coding.set("system", kStatusList);
  coding.set("code", kind.code);
  coding.set("display", kind.name);
  set_state(communication, State::queued);
  return tree;
}

Result<void> retell(interaction::Act& act, const std::string& communication_id, State state,
                    std::string_view note = {}) {
  auto story = act.tree(kCommunication, communication_id);
  if (!story) return {};
  set_state(story->edit(), state);
  if (!note.empty()) add_note(story->edit(), note, act.now());
  return act.update(story->edit(), communication_id).map([](const auto&) {});
}

/// The message that this one followed; empty: it is the first.
std::string followed_by(const interaction::View& view, const std::string& communication_id) {
  const auto story = view.tree(kCommunication, communication_id);
  if (!story ||
      mappings::read_message(rows_of(view, communication_id).sent.value_or(storage::OutboxRow{}).bytes).status != "M")
    return {};
  return std::string(id_in(story->root()["inResponseTo"]["reference"].value()));
}

Result<std::string> send_successor(interaction::Act& act, const Settings& settings, const storage::OutboxRow& sent,
                                   const Kind& kind, const fhir::Tree* renewed) {
  const auto msg_id = act.new_id();
  auto xml = successor(sent, kind, msg_id, norway::oslo_text(act.now()), renewed);
  FHIR_TRY(xml);
  const auto original = act.tree(kCommunication, sent.communication_id);
  if (!original) return fail(Fault::not_found, "the message has no Communication");
  const auto told = act.create(story_of(mappings::read_message(*xml), kind, original->root()).edit());
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
  FHIR_TRY(retell(act, sent.communication_id, kind.before));
  return told->id;
}

State state_of(storage::OutboxState state) {
  constexpr std::array kStates{State::queued,  State::sent,    State::delivered,
                               State::refused, State::overdue, State::failed};
  return kStates.at(static_cast<std::size_t>(state));
}

/// The message as it was sent last, or why it cannot be renewed.
Result<storage::OutboxRow> renewable(const interaction::View& view, const std::string& communication_id) {
  auto rows = rows_of(view, communication_id);
  if (!rows.sent)
    return fail(Fault::not_found, "Communication/" + communication_id + " is no message that we have sent");
  if (rows.sent->type == "APPREC" || mappings::read_message(rows.sent->bytes).status == "C")
    return fail(Fault::business_rule,
                "Kvitteringer og kanselleringer kan ikke endres eller kanselleres. | Receipts and cancellations cannot "
                "be changed or cancelled.");
  const auto story = view.tree(kCommunication, communication_id);
  if (rows.sent->state == storage::OutboxState::failed || (story && is_out_of_force(story->root())))
    return fail(Fault::business_rule,
                "Meldingen er trukket tilbake eller erstattet allerede: endre eller kanseller den siste i samtalen. | "
                "The message is taken back or replaced already: change or cancel the last one of its conversation.");
  return std::move(*rows.sent);
}

}  // namespace

Result<std::string> cancel(interaction::Act& act, const Settings& settings, const std::string& communication_id) {
  const auto sent = renewable(act, communication_id);
  FHIR_TRY(sent);
  const auto earlier = followed_by(act, communication_id);
  if (sent->state == storage::OutboxState::queued && sent->attempts == 0) {
    storage::outbox::mark_failed(act, sent->id, "Trukket tilbake før den ble sendt.");
    // The receiver never hears of this change: what it has is what counts there.
    if (const auto before = earlier.empty() ? std::nullopt : rows_of(act, earlier).sent)
      FHIR_TRY(retell(act, earlier, state_of(before->state)));
    return retell(act, communication_id, State::cancelled).map([&] { return communication_id; });
  }
  auto told = send_successor(act, settings, *sent, kCancellation, nullptr);
  FHIR_TRY(told);
  int most = kMostChanges;
  for (auto id = earlier; !id.empty() && most > 0; id = followed_by(act, id), --most)
    FHIR_TRY(retell(act, id, State::cancelled));
  return told;
}

Result<std::string> change(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                           const Renewed& renewed) {
  const auto sent = renewable(act, communication_id);
  FHIR_TRY(sent);
  if (renewed.bundle) return send_successor(act, settings, *sent, kChange, &*renewed.bundle);
  if (sent->type != mappings::kGpSummaryType)
    return fail(
        Fault::required_missing,
        fmt::format("Hva meldingen {0} skal si, må følge med som message (Bundle). | What the message {0} is to "
                    "say must come with it as message (Bundle).",
                    sent->type),
        "message");
  auto letter = draft(act, settings, act.patient_id(sent->patient), {renewed.reason});
  FHIR_TRY(letter);
  const auto bundle = mappings::to_fhir(mappings::read_message(letter->row.bytes), letter->row.bytes);
  FHIR_TRY(bundle);
  auto told = send_successor(act, settings, *sent, kChange, &*bundle);
  if (!told) return told;
  const auto msg_id = rows_of(act, *told).sent.value().msg_id;
  for (const auto observation : letter->told) storage::told::put(act, observation, msg_id);
  return told;
}

bool is_out_of_force(fhir::Element communication) {
  for (const auto coding : communication["statusReason"].each("coding"))
    for (const State state : {State::cancelled, State::replaced})
      if (coding["system"].value() == names::kMessageState && coding["code"].value() == row_of(state).code) return true;
  return false;
}

Result<void> put_back_in_force(interaction::Act& act, const storage::OutboxRow& refused) {
  const auto status = mappings::read_message(refused.bytes).status;
  if (status != "M" && status != "C") return {};
  const auto story = act.tree(kCommunication, refused.communication_id);
  if (!story) return {};
  const std::string earlier(id_in(story->root()["inResponseTo"]["reference"].value()));
  const auto before = earlier.empty() ? std::nullopt : rows_of(act, earlier).sent;
  if (!before) return {};
  return retell(act, earlier, state_of(before->state),
                status == "M" ? "Mottakeren har avvist endringen: meldingen gjelder fortsatt hos dem."
                              : "Mottakeren har avvist kanselleringen: meldingen gjelder fortsatt hos dem.");
}

}  // namespace varde::messaging
