#include "server/messaging/effect/effect.h"

#include <algorithm>
#include <array>

#include "server/followup/followup.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

struct TypeEffects {
  std::string_view type;
  const Effects* effects;
};

constexpr std::array kEffects{
#define MESSAGE_TYPE(code, name, direction, about, event, branch, mapping, effect) TypeEffects{code, &(effect)},
#include "mappings/message_types.inc"
#undef MESSAGE_TYPE
};

/// TidsfestetHendelse stands below a different element per message type; its own name is always the same.
const mappings::XmlNode* find_event(const mappings::XmlNode& node, std::string_view event) {
  if (node.name == "TidsfestetHendelse" && node.at("Hendelsekode/@V") == event) return &node;
  for (const auto& child : node.children)
    if (const auto* found = find_event(child, event)) return found;
  return nullptr;
}

}  // namespace

Effects effects_of(std::string_view type) {
  const auto row = std::find_if(kEffects.begin(), kEffects.end(), [&](const auto& each) { return each.type == type; });
  return row == kEffects.end() ? Effects{} : *row->effects;
}

bool has_effect(std::string_view type) { return !effects_of(type).empty(); }

const EffectRow* effect_of(const mappings::Message& message) {
  const auto* payload = message.payload();
  const auto content = payload ? payload->at("TypeInnholdIMelding/TypeInnhold/@V") : std::string_view{};
  for (const auto& row : effects_of(message.type))
    if (row.content.empty() || row.content == content) return &row;
  return nullptr;
}

time::Span event_of(const mappings::Message& message, std::string_view event) {
  if (const auto* payload = message.payload(); payload && !event.empty())
    if (const auto* found = find_event(*payload, event))
      if (const auto moment = norway::parse_moment(found->at("TidspunktForHendelse/@V"))) return *moment;
  return norway::parse_moment(message.generated).value_or(time::Span{});
}

time::Span event_of(const mappings::Message& message) {
  const auto* type = mappings::find_message_type(message.type);
  return event_of(message, type ? type->event : std::string_view{});
}

std::string Case::mark_of(std::string_view msg_id) const { return her + "/" + same_case(msg_id); }
std::string Case::mark() const { return mark_of(message.id.text); }

Result<std::string> ask(Case& c, std::string_view code, std::string_view priority, std::string description,
                        std::string focus) {
  return followup::raise(c.act, {c.patient_id, std::string(code), std::string(priority), std::move(description),
                                 focus.empty() ? c.about() : std::move(focus)})
      .map([&](std::string task) {
        c.made.push_back("Task/" + task);
        return task;
      });
}

}  // namespace varde::messaging
