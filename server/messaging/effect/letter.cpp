// Whatever is for a person to read: it is filed, and somebody is told what it is. Reports of laboratories besides are
// Observations, judged as every other; a discharge letter besides tells of a stay that is over.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/messaging/effect/effect.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

struct Words {
  std::string_view type, priority, text;  ///< {}: the sender
};
// clang-format off
constexpr std::array kWords{
    //    type                          priority   what the nurse reads
    Words{"HELSEOPPLYSNINGER_LEGE",     "routine", "Ny melding om pasienten fra {}. Les meldingen."},
    Words{"MEDISINSKE_OPPLYSNINGER",    "routine", "Medisinske opplysninger fra {}. Les meldingen, og se om planen må endres."},
    Words{"INNLEGGELSESRAPPORT",        "urgent",  "Innleggelsesrapport fra {}. Les rapporten, og vurder om oppfølgingen skal pauses."},
    Words{"UTSKRIVNINGSRAPPORT",        "urgent",  "Utskrivningsrapport fra {}. Les rapporten, og vurder om oppfølgingen skal gjenopptas eller endres."},
    Words{"ORIENTERING_TJENESTETILBUD", "routine", "{} orienterer om tjenestene som pasienten har. Les meldingen."},
    Words{"FRAVARSMELDING",             "urgent",  "{} er fraværende og får ikke lest meldingen om pasienten nå. Se om en annen må varsles."},
    Words{"EPJ-EKSTRAKT",               "urgent",  "Legemiddelopplysninger fra {}. Sammenlign dem med legemidlene som er registrert her."},
    Words{"EPIKRISE",                   "urgent",  "Epikrise fra {}. Les den, og se om planen må endres."},
};
// clang-format on

Result<void> tell(Case& c, std::string_view priority, std::string words) {
  return ask(c, "information", priority, std::move(words)).map([](const auto&) {});
}

Result<void> file_letter(Case& c) {
  const auto sender = display_of(c.message.sender);
  const auto row = std::ranges::find(kWords, c.message.type, &Words::type);
  if (row == kWords.end())
    return tell(c, "routine", fmt::format("Ny melding om pasienten fra {}. Les meldingen.", sender));
  return tell(c, row->priority, fmt::format(fmt::runtime(row->text), sender));
}

Result<void> undo_letter(Case& c, const Undone&) {
  return tell(c, "routine",
              display_of(c.message.sender) + " har kansellert en tidligere melding om pasienten. Se meldingsloggen.");
}

// --- SVAR_* --------------------------------------------------------------------------------------------------------

bool deviates(const Case& c) {
  return std::ranges::any_of(c.bundle.entries(), [](const auto& entry) {
    const auto resource = entry.resource.root();
    return resource.type_name() == "Observation" && resource["interpretation"];
  });
}

Result<void> file_report(Case& c) {
  const auto sender = display_of(c.message.sender);
  if (deviates(c))
    return tell(c, "urgent",
                fmt::format("Svarrapport fra {} med resultater utenfor referansegrensene. Les den.", sender));
  return tell(c, "routine", fmt::format("Svarrapport fra {}. Les den.", sender));
}

// --- EPIKRISE ------------------------------------------------------------------------------------------------------

/// The contacts that an earlier version of the letter told of: they are told of anew, or did not take place.
Result<void> forget_contacts(Case& c, const std::vector<std::string>& marks) {
  const auto type = fhir::find_resource_type("Encounter");
  for (const auto& mark : marks)
    for (const auto key : c.act.by_identifier(type, names::kMessage, mark)) {
      auto encounter = c.act.tree(key);
      if (!encounter) continue;
      encounter->edit().set("status", "entered-in-error");
      FHIR_TRY(c.act.update(encounter->edit(), std::string(encounter->root()["id"].value())));
    }
  return {};
}

Result<void> file_discharge(Case& c) {
  FHIR_TRY(forget_contacts(c, c.earlier));
  for (auto& entry : c.bundle.entries())
    if (entry.resource.root().type_name() == "Encounter")
      add_identifier(entry.resource.edit(), names::kMessage, c.mark(), c.message.type);
  return file_letter(c);
}

Result<void> undo_discharge(Case& c, const Undone& undone) {
  FHIR_TRY(forget_contacts(c, undone.marks));
  return undo_letter(c, undone);
}

constexpr std::array kRows{
    EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, file_letter, undo_letter},
};
constexpr std::array kReportRows{
    EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, file_report, undo_letter},
};
constexpr std::array kDischargeRows{
    EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, file_discharge, undo_discharge},
};

}  // namespace

constinit const Effects kLetter{kRows};
constinit const Effects kReport{kReportRows};
constinit const Effects kDischargeSummary{kDischargeRows};

}  // namespace varde::messaging
