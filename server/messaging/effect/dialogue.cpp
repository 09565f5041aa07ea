// DIALOG_FORESPORSEL, DIALOG_SVAR, DIALOG_NOTAT, DIALOG_HELSEFAGLIG: somebody asks us, answers us or tells us
// something. The Communication stands in its conversation's thread, and a nurse is told. Sources: HIS 80603:2006, HIS
// 1151, HIS 1152.
#include <array>

#include <fmt/format.h>

#include "server/messaging/effect/effect.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");

/// The Communication of that message about the same patient, ours or another's; empty when we have none.
std::string communication_of(const Case& c, std::string_view msg_id) {
  for (const auto key : c.act.by_identifier(kCommunication, names::kUri, "urn:uuid:" + same_case(msg_id))) {
    const auto tree = c.act.tree(key);
    if (!tree || tree->root()["id"].value() == c.communication_id) continue;
    const auto subject = tree->root()["subject"]["reference"].value();
    if (subject.empty() || subject == "Patient/" + c.patient_id) return std::string(tree->root()["id"].value());
  }
  return {};
}

/// What the message answers, and the first of its conversation, are Communications here: the thread is then readable.
std::string join_thread(Case& c) {
  const auto refer = [&](const std::optional<std::string>& msg_id, std::string_view element) -> std::string {
    auto id = msg_id && !msg_id->empty() ? communication_of(c, *msg_id) : std::string();
    if (id.empty()) return id;
    fhir::Editor reference = c.communication[element] ? c.communication[element] : c.communication.add(element);
    reference.set("reference", "Communication/" + id);
    return id;
  };
  refer(c.message.conversation_id, "partOf");
  return refer(c.message.parent_id, "inResponseTo");
}

struct Words {
  std::string_view type, text;  ///< {}: the sender
};
// clang-format off
constexpr std::array kWords{
    Words{"DIALOG_FORESPORSEL", "Forespørsel fra {} om pasienten. Les den og svar."},
    Words{"DIALOG_SVAR",        "Svar fra {} på en forespørsel om pasienten. Les svaret."},
    Words{"DIALOG_NOTAT",       "Notat fra {} om pasienten. Les det."},
    Words{"DIALOG_HELSEFAGLIG", "Helsefaglig dialog fra {} om pasienten. Les meldingen."},
};
// clang-format on

bool asks(const Case& c) {
  const auto* payload = c.message.payload();
  return payload && payload->child("Foresporsel");
}

Result<void> tell(Case& c) {
  const auto answered = join_thread(c);
  std::string words = "Dialogmelding fra " + display_of(c.message.sender) + ".";
  for (const auto& row : kWords)
    if (row.type == c.message.type) words = fmt::format(fmt::runtime(row.text), display_of(c.message.sender));
  if (!answered.empty() && c.message.type == "DIALOG_SVAR") words += " Den er svar på en melding herfra.";
  return ask(c, "information", asks(c) ? "urgent" : "routine", std::move(words)).map([](const auto&) {});
}

Result<void> untell(Case& c, const Undone&) {
  return ask(c, "information", "routine",
             display_of(c.message.sender) + " har kansellert en dialogmelding om pasienten. Se meldingsloggen.")
      .map([](const auto&) {});
}

constexpr std::array kRows{EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, tell, untell}};

}  // namespace

constinit const Effects kDialogue{kRows};

}  // namespace varde::messaging
