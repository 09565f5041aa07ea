#include "server/messaging/effect/thread.h"

#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");

bool is_about_the_same(const Case& c, fhir::Element communication) {
  if (communication["id"].value() == c.communication_id) return false;
  const auto subject = communication["subject"]["reference"].value();
  return subject.empty() || subject == "Patient/" + c.patient_id;
}

/// The Communication of that message about the same patient, ours or another's; empty when we have none.
std::string communication_of(const Case& c, std::string_view msg_id) {
  for (const auto key : c.act.by_identifier(kCommunication, names::kUri, "urn:uuid:" + same_case(msg_id)))
    if (const auto tree = c.act.tree(key); tree && is_about_the_same(c, tree->root()))
      return std::string(tree->root()["id"].value());
  return {};
}

void refer(fhir::Editor communication, std::string_view element, const std::string& id) {
  fhir::Editor reference =
      communication[element] ? communication.edit(communication[element]) : communication.add(element);
  reference.set("reference", "Communication/" + id);
}

/// Answers that came before what they answer.
Result<void> be_found(Case& c) {
  const auto own = "urn:uuid:" + same_case(c.message.id.text);
  for (const auto key : c.act.by_identifier(kCommunication, names::kConversation, conversation_of(c.message))) {
    auto tree = c.act.tree(key);
    if (!tree || !is_about_the_same(c, tree->root())) continue;
    bool changed = false;
    for (const std::string_view element : {"inResponseTo", "partOf"}) {
      const auto reference = tree->root()[element];
      if (reference["reference"].has_value() || same_case(reference["identifier"]["value"].value()) != own) continue;
      refer(tree->edit(), element, c.communication_id);
      changed = true;
    }
    if (changed) FHIR_TRY(c.act.update(tree->edit(), std::string(tree->root()["id"].value())));
  }
  return {};
}

}  // namespace

std::string conversation_of(const mappings::Message& message) {
  for (const auto& msg_id : {message.conversation_id, message.parent_id})
    if (msg_id && !msg_id->empty()) return "urn:uuid:" + same_case(*msg_id);
  return "urn:uuid:" + same_case(message.id.text);
}

Result<void> join_thread(Case& c) {
  struct End {
    const std::optional<std::string>& msg_id;
    std::string_view element;
  };
  for (const auto& end : {End{c.message.conversation_id, "partOf"}, End{c.message.parent_id, "inResponseTo"}}) {
    const auto id = end.msg_id && !end.msg_id->empty() ? communication_of(c, *end.msg_id) : std::string();
    if (!id.empty()) refer(c.communication, end.element, id);
  }
  return be_found(c);
}

}  // namespace varde::messaging
