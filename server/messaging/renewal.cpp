#include "server/messaging/renewal.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "mappings/message.h"
#include "mappings/plo/summary.h"
#include "norway/moment.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/names.h"
#include "server/messaging/operator.h"
#include "server/messaging/party.h"
#include "server/messaging/queue.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

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
  coding.set("system", names::kMessageStatus);
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
  coding.set("system", names::kMessageStatus);
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

/// It holds while the message that it follows stays as it is.
Result<Draft> draft_successor(const interaction::View& view, const storage::OutboxRow& sent, const Kind& kind,
                              const fhir::Tree* renewed) {
  const auto msg_id = view.new_id();
  auto xml = successor(sent, kind, msg_id, norway::oslo_text(view.now()), renewed);
  FHIR_TRY(xml);
  const auto version = view.current(kCommunication, sent.communication_id);
  if (!version) return fail(Fault::not_found, "the message has no Communication");
  const auto original = interaction::View::tree(*version);
  const auto message = mappings::read_message(*xml);
  Draft draft{{}, story_of(message, kind, original.root()), {}, {{version->key, version->version}}};
  draft.copy_receivers = copy_receivers_of(message);
  draft.row.patient = sent.patient;
  draft.row.msg_id = same_case(msg_id);
  draft.row.type = sent.type;
  draft.row.receiver_her = sent.receiver_her;
  draft.row.bytes = std::move(*xml);
  draft.row.priority = sent.priority;  // behind what it follows
  return draft;
}

/// The draft where it holds, else `anew`. Returns the id of its Communication.
template <class Anew>
Result<std::string> post_successor(interaction::Act& act, const Settings& settings, std::optional<Draft> draft,
                                   Anew&& anew) {
  if (draft) {
    const auto posted = post(act, settings, *draft);
    if (posted) return draft->row.communication_id;
    if (posted.error().fault != Fault::version_conflict) return posted;
  }
  auto made = anew();
  FHIR_TRY(made);
  FHIR_TRY(post(act, settings, *made));
  return made->row.communication_id;
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

bool has_left(const storage::OutboxRow& row) { return row.state != storage::OutboxState::queued || row.attempts > 0; }

/// To its receiver, or to one who gets a copy.
bool has_left(const interaction::View& view, const storage::OutboxRow& sent) {
  if (has_left(sent)) return true;
  const auto copies = storage::outbox::copies(view, sent.id);
  return std::any_of(copies.begin(), copies.end(), [](const storage::OutboxRow& copy) { return has_left(copy); });
}

Result<std::string> hold_back(interaction::Act& act, const storage::OutboxRow& sent, const std::string& earlier) {
  constexpr std::string_view kHeldBack = "Trukket tilbake før den ble sendt.";
  for (const auto& copy : storage::outbox::copies(act, sent.id)) storage::outbox::mark_failed(act, copy.id, kHeldBack);
  storage::outbox::mark_failed(act, sent.id, kHeldBack);
  // The receiver never hears of this change: what it has is what counts there.
  if (const auto before = earlier.empty() ? std::nullopt : rows_of(act, earlier).sent)
    FHIR_TRY(retell(act, earlier, state_of(before->state)));
  return retell(act, sent.communication_id, State::cancelled).map([&] { return sent.communication_id; });
}

}  // namespace

Result<std::optional<Draft>> draft_cancellation(const interaction::View& view, const std::string& communication_id) {
  const auto sent = renewable(view, communication_id);
  FHIR_TRY(sent);
  if (!has_left(view, *sent)) return std::optional<Draft>();
  return draft_successor(view, *sent, kCancellation, nullptr).map([](Draft draft) {
    return std::optional<Draft>(std::move(draft));
  });
}

Result<std::string> cancel(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                           std::optional<Draft> draft) {
  const auto sent = renewable(act, communication_id);
  FHIR_TRY(sent);
  const auto earlier = followed_by(act, communication_id);
  if (!has_left(act, *sent)) return hold_back(act, *sent, earlier);
  auto told = post_successor(act, settings, std::move(draft),
                             [&] { return draft_successor(act, *sent, kCancellation, nullptr); });
  FHIR_TRY(told);
  FHIR_TRY(retell(act, communication_id, kCancellation.before));
  int most = kMostChanges;
  for (auto id = earlier; !id.empty() && most > 0; id = followed_by(act, id), --most)
    FHIR_TRY(retell(act, id, State::cancelled));
  return told;
}

Result<Draft> draft_change(const interaction::View& view, const Settings& settings, const std::string& communication_id,
                           const Renewed& renewed) {
  const auto sent = renewable(view, communication_id);
  FHIR_TRY(sent);
  if (renewed.bundle) return draft_successor(view, *sent, kChange, &*renewed.bundle);
  if (sent->type != mappings::kGpSummaryType)
    return fail(
        Fault::required_missing,
        fmt::format("Hva meldingen {0} skal si, må følge med som message (Bundle). | What the message {0} is to "
                    "say must come with it as message (Bundle).",
                    sent->type),
        "message");
  auto letter = draft(view, settings, view.patient_id(sent->patient), {renewed.reason});
  FHIR_TRY(letter);
  const auto bundle = mappings::to_fhir(mappings::read_message(letter->row.bytes), letter->row.bytes);
  FHIR_TRY(bundle);
  auto change = draft_successor(view, *sent, kChange, &*bundle);
  FHIR_TRY(change);
  change->told = std::move(letter->told);
  change->made_of.insert(change->made_of.end(), letter->made_of.begin(), letter->made_of.end());
  return change;
}

Result<std::string> change(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                           const Renewed& renewed, std::optional<Draft> draft) {
  auto told = post_successor(act, settings, std::move(draft),
                             [&] { return draft_change(act, settings, communication_id, renewed); });
  FHIR_TRY(told);
  FHIR_TRY(retell(act, communication_id, kChange.before));
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
