#include "server/messaging/effect/effect.h"

#include <algorithm>
#include <array>

#include "server/followup/followup.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

using Unknown = EffectRow::Unknown;
using Again = EffectRow::Again;

// clang-format off
constexpr std::array kEffects{
    //        type                      content  event  unknown patient   again            happens                   undone by a cancellation
    EffectRow{"LOG_INNLAGT",            "",      "1",   Unknown::refuse,  Again::another,  admit,                    undo_admission},
    EffectRow{"LOG_UTSKRIVNINGSKLAR",   "",      "3",   Unknown::refuse,  Again::another,  ready_for_discharge,      undo_ready_for_discharge},
    EffectRow{"LOG_AVMELDING",          "",      "4",   Unknown::refuse,  Again::another,  not_ready_for_discharge,  undo_not_ready_for_discharge},
    EffectRow{"LOG_UTSKREVET",          "",      "2",   Unknown::refuse,  Again::another,  discharge,                undo_discharge},
    EffectRow{"LOG_DOD",                "",      "13",  Unknown::refuse,  Again::another,  death,                    undo_death},
    // HIS 1144:2014: the first of a stay is an early warning, and the latest is always the one in force.
    EffectRow{"HELSEOPPL_SOKNAD",       "1",     "",    Unknown::refuse,  Again::latest,   early_warning,            undo_early_warning},
    EffectRow{"HELSEOPPL_SOKNAD",       "",      "",    Unknown::create,  Again::latest,   referral,                 undo_referral},
    EffectRow{"HELSEOPPLYSNINGER_LEGE", "",      "",    Unknown::refuse,  Again::another,  file_letter,              undo_letter},
};
// clang-format on

/// TidsfestetHendelse stands below a different element per message type; its own name is always the same.
const mappings::XmlNode* find_event(const mappings::XmlNode& node, std::string_view event) {
  if (node.name == "TidsfestetHendelse" && node.at("Hendelsekode/@V") == event) return &node;
  for (const auto& child : node.children)
    if (const auto* found = find_event(child, event)) return found;
  return nullptr;
}

}  // namespace

bool has_effect(std::string_view type) {
  return std::any_of(kEffects.begin(), kEffects.end(), [&](const auto& row) { return row.type == type; });
}

const EffectRow* effect_of(const mappings::Message& message) {
  const auto* payload = message.payload();
  const auto content = payload ? payload->at("TypeInnholdIMelding/TypeInnhold/@V") : std::string_view{};
  for (const auto& row : kEffects)
    if (row.type == message.type && (row.content.empty() || row.content == content)) return &row;
  return nullptr;
}

time::Span event_of(const mappings::Message& message, std::string_view event) {
  if (const auto* payload = message.payload(); payload && !event.empty())
    if (const auto* found = find_event(*payload, event))
      if (const auto moment = norway::parse_moment(found->at("TidspunktForHendelse/@V"))) return *moment;
  return norway::parse_moment(message.generated).value_or(time::Span{});
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

Result<void> file_letter(Case& c) {
  return ask(c, "information", "routine",
             "Ny melding om pasienten fra " + display_of(c.message.sender) + ". Les meldingen.")
      .map([](const auto&) {});
}

Result<void> undo_letter(Case& c, const Undone&) {
  return ask(c, "information", "routine",
             display_of(c.message.sender) + " har kansellert en tidligere melding om pasienten. Se meldingsloggen.")
      .map([](const auto&) {});
}

}  // namespace varde::messaging
