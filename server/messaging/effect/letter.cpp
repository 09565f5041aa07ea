// HELSEOPPLYSNINGER_LEGE and whatever else is for a person to read: it is filed, and somebody is told.
#include <array>

#include "server/messaging/effect/effect.h"
#include "server/messaging/party.h"

namespace varde::messaging {
namespace {

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

constexpr std::array kRows{
    EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, file_letter, undo_letter},
};

}  // namespace

constinit const Effects kLetter{kRows};

}  // namespace varde::messaging
