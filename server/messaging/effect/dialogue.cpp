// DIALOG_*: somebody asks us, answers us or tells us something. The Communication stands in its conversation's thread,
// and a nurse is told. Sources: HIS 80603:2006, HIS 1151, HIS 1152.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/messaging/effect/effect.h"
#include "server/messaging/party.h"

namespace varde::messaging {
namespace {

struct Words {
  std::string_view type, priority, text;  ///< {}: the sender; no text: it is filed, and nobody need look
};
// clang-format off
constexpr std::array kWords{
    //    type                        priority   what the nurse reads
    Words{"DIALOG_FORESPORSEL",       "urgent",  "Forespørsel fra {} om pasienten. Les den og svar."},
    Words{"DIALOG_SVAR",              "routine", "Svar fra {} på en forespørsel om pasienten. Les svaret."},
    Words{"DIALOG_NOTAT",             "routine", "Notat fra {} om pasienten. Les det."},
    Words{"DIALOG_HELSEFAGLIG",       "routine", "Helsefaglig dialog fra {} om pasienten. Les meldingen."},
    Words{"DIALOG_AVVIK",             "urgent",  "{} melder om feil i en melding om pasienten. Les hva som er feil, og send den rettet."},
    Words{"DIALOG_STATUS_HENVISNING", "routine", "Status på en henvisning fra {}. Les meldingen."},
    Words{"DIALOG_TIL_ARKIVERING",    "",        ""},
};
// clang-format on

bool asks(const Case& c) {
  const auto* payload = c.message.payload();
  return payload && payload->child("Foresporsel");
}

Result<void> tell(Case& c) {
  const bool answers = c.communication["inResponseTo"]["reference"].has_value();
  const auto row = std::ranges::find(kWords, c.message.type, &Words::type);
  if (row == kWords.end() || row->text.empty()) return {};
  std::string words = fmt::format(fmt::runtime(row->text), display_of(c.message.sender));
  if (answers)
    words += c.message.type == "DIALOG_SVAR" ? " Den er svar på en melding herfra."
                                             : " Den hører til en melding som vi har, se samtalen.";
  return ask(c, "information", asks(c) ? "urgent" : row->priority, std::move(words)).map([](const auto&) {});
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
