// LOG_INNLAGT, LOG_UTSKRIVNINGSKLAR, LOG_AVMELDING: the patient is in hospital, so the follow-up rests.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/followup/followup.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

Result<void> done(const Result<std::string>& task) {
  FHIR_TRY(task);
  return {};
}

Result<void> save(Case& c, Stay& stay) {
  const auto saved = c.act.update(stay.encounter.edit(), stay.id);
  FHIR_TRY(saved);
  return {};
}

/// The open stay that this sender speaks of: its own first, else the only one there is.
Stay* spoken_of(std::vector<Stay>& stays, const Case& c) {
  Stay* only = nullptr;
  std::size_t open = 0;
  for (auto& stay : stays) {
    if (!stay.is_open()) continue;
    if (stay.told_by(c.her)) return &stay;
    only = &stay, ++open;
  }
  return open == 1 ? only : nullptr;
}

/// A discharge came first and told of a stay whose beginning it did not know: this is the beginning.
Stay* discharged_before(std::vector<Stay>& stays, const Case& c, const time::Span& event) {
  for (auto& stay : stays)
    if (stay.is_valid() && !stay.is_open() && !stay.start() && stay.told_by(c.her) && stay.end() &&
        event.begin < stay.end()->end)
      return &stay;
  return nullptr;
}

Stay* find_any(std::vector<Stay>& stays, const std::vector<std::string>& marks) {
  const auto found = std::find_if(stays.begin(), stays.end(), [&](const Stay& stay) { return stay.has_any(marks); });
  return found == stays.end() ? nullptr : &*found;
}

Result<void> admit(Case& c) {
  const time::Span event = event_of(c.message);
  auto* told = c.bundle.first("Encounter");
  if (told == nullptr) return fail(Fault::internal, "an admission without Encounter");
  const auto doubted = doubt(c, "Innleggelse", event);
  FHIR_TRY(doubted);
  if (*doubted) return {};
  auto stays = stays_of(c.act, c.patient_id);
  Stay* earlier = find_any(stays, c.earlier);  // a change corrects the stay that its original told of
  if (earlier == nullptr) earlier = discharged_before(stays, c, event);
  if (earlier != nullptr) {
    auto encounter = earlier->encounter.edit();
    encounter.ensure("period").set("start", norway::text_of(event));
    mark_stay(encounter, c);
    BundleWriter::bind(*told, earlier->id);
    return save(c, *earlier);
  }
  auto encounter = told->resource.edit();
  mark_stay(encounter, c);
  if (is_over(stays, event)) {  // an old message: the patient has left hospital since
    encounter.set("status", "finished");
    const bool same_day = std::any_of(stays.begin(), stays.end(), [&](const Stay& stay) {
      const auto end = stay.end();
      return end && !before(event, *end) && !before(*end, event);
    });
    // Resting wrongly is worse than asking: nobody would see the next red value.
    if (same_day)
      return done(ask(c, "information", "urgent",
                      "Pasienten er meldt innlagt og utskrevet samme dag. Digital hjemmeoppfølging er ikke pauset: "
                      "avklar hvor pasienten er."));
    return {};
  }
  if (event.begin > c.act.now()) {  // told of beforehand: until then the patient is at home
    encounter.set("status", "planned");
    storage::due::put(c.act, {storage::DueKind::stay, c.patient, told->id, event.begin});
    return {};
  }
  return pause_for(c, encounter);
}

Result<void> undo_admission(Case& c, const Undone& undone) {
  auto stays = stays_of(c.act, c.patient_id);
  Stay* stay = find_any(stays, undone.marks);
  if (stay == nullptr) return {};
  if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay->id);
  const bool was_open = stay->is_open();
  const bool paused_here = static_cast<bool>(stay->encounter.root().extension(names::kPausedFollowUp));
  stay->encounter.edit().set("status", "entered-in-error");
  if (const auto saved = save(c, *stay); !saved) return saved;
  const bool elsewhere = std::any_of(stays.begin(), stays.end(), [](const Stay& other) { return other.is_open(); });
  if (!was_open || elsewhere) return {};
  if (paused_here && followup::is_paused(c.act, c.patient)) {
    if (const auto resumed = followup::resume(c.act, c.patient_id); !resumed) return resumed;
    return done(ask(c, "information", "urgent",
                    "Innleggelsesmeldingen er kansellert av " + display_of(c.message.sender) +
                        ". Digital hjemmeoppfølging er gjenopptatt.",
                    "Encounter/" + stay->id));
  }
  return {};
}

Result<void> ready_for_discharge(Case& c) {
  const time::Span ready = event_of(c.message);
  const auto words = fmt::format("Pasienten er meldt utskrivningsklar {} fra {}.", norway::oslo_words(ready),
                                 display_of(c.message.sender));
  for (const auto& event : {ready, event_of(c.message, "1")}) {
    const auto doubted = doubt(c, "Utskrivningsklar pasient", event);
    FHIR_TRY(doubted);
    if (*doubted) return {};
  }
  auto* told = c.bundle.first("Encounter");
  auto stays = stays_of(c.act, c.patient_id);
  if (Stay* stay = spoken_of(stays, c)) {
    auto encounter = stay->encounter.edit();
    mark_stay(encounter, c);
    set_extension(encounter, names::kReadyForDischarge, "valueDateTime", norway::text_of(ready));
    if (told) BundleWriter::bind(*told, stay->id);
    if (const auto saved = save(c, *stay); !saved) return saved;
    return done(ask(c, "information", "routine", words, "Encounter/" + stay->id));
  }
  if (told == nullptr) return done(ask(c, "information", "routine", words));
  // The admission message never came, but this one says since when the patient is in hospital (Hendelsekode 1).
  auto encounter = told->resource.edit();
  mark_stay(encounter, c);
  set_extension(encounter, names::kReadyForDischarge, "valueDateTime", norway::text_of(ready));
  if (is_over(stays, event_of(c.message, "1"))) {
    encounter.set("status", "finished");
  } else {
    encounter.set("status", "in-progress");
    if (const auto paused = pause_for(c, encounter); !paused) return paused;
  }
  return done(ask(c, "information", "routine", words));
}

Result<void> undo_ready_for_discharge(Case& c, const Undone& undone) {
  auto stays = stays_of(c.act, c.patient_id);
  if (auto* told = c.bundle.first("Encounter"); told && !stays.empty()) {
    Stay* stay = find_any(stays, undone.marks);
    if (stay) BundleWriter::bind(*told, stay->id);
    if (stay) {
      drop_extension(stay->encounter.edit(), names::kReadyForDischarge);
      if (const auto saved = save(c, *stay); !saved) return saved;
    }
  }
  return done(ask(c, "information", "routine",
                  "Meldingen om utskrivningsklar pasient er kansellert av " + display_of(c.message.sender) + "."));
}

Result<void> not_ready_for_discharge(Case& c) {
  const auto doubted = doubt(c, "Avmelding av utskrivningsklar pasient", event_of(c.message));
  FHIR_TRY(doubted);
  if (*doubted) return {};
  auto stays = stays_of(c.act, c.patient_id);
  if (Stay* stay = spoken_of(stays, c)) {
    if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay->id);
    auto encounter = stay->encounter.edit();
    mark_stay(encounter, c);
    drop_extension(encounter, names::kReadyForDischarge);
    if (const auto saved = save(c, *stay); !saved) return saved;
  } else if (auto* unknown = c.bundle.first("Encounter")) {
    mark_stay(unknown->resource.edit(), c);
    if (!is_over(stays, event_of(c.message))) {
      unknown->resource.edit().set("status", "in-progress");
      if (const auto paused = pause_for(c, unknown->resource.edit()); !paused) return paused;
    } else {
      unknown->resource.edit().set("status", "finished");
    }
  }
  return done(ask(c, "information", "routine",
                  "Pasienten er ikke lenger utskrivningsklar, ifølge " + display_of(c.message.sender) + "."));
}

Result<void> undo_not_ready_for_discharge(Case& c, const Undone& undone) {
  auto stays = stays_of(c.act, c.patient_id);
  if (Stay* stay = find_any(stays, undone.marks))
    if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay->id);
  return done(ask(c, "information", "routine",
                  "Avmeldingen av utskrivningsklar pasient er kansellert av " + display_of(c.message.sender) +
                      ": spør sykehuset hva som gjelder."));
}

Result<void> discharge(Case& c) {
  const time::Span event = event_of(c.message);
  const auto doubted = doubt(c, "Utskrivning", event);
  FHIR_TRY(doubted);
  if (*doubted) return {};
  auto* told = c.bundle.first("Encounter");
  auto stays = stays_of(c.act, c.patient_id);
  for (auto& stay : stays) {  // a change: what its original ended is ended anew
    if (!stay.has_any(c.earlier) || !stay.start()) continue;
    stay.encounter.edit().set("status", "in-progress");
    stay.encounter.edit()["period"].remove("end");
  }
  const auto ends = [&](const Stay& stay) {
    const auto start = stay.start();
    return stay.is_open() && (!start || !before(event, *start));
  };
  const bool own =
      std::any_of(stays.begin(), stays.end(), [&](const Stay& stay) { return ends(stay) && stay.told_by(c.her); });
  std::vector<Stay*> ended;
  for (auto& stay : stays)
    if (ends(stay) && (!own || stay.told_by(c.her))) ended.push_back(&stay);
  for (Stay* stay : ended) {
    auto encounter = stay->encounter.edit();
    encounter.set("status", "finished");
    encounter.ensure("period").set("end", norway::text_of(event));
    drop_extension(encounter, names::kReadyForDischarge);
    mark_stay(encounter, c);
    if (told && told->resource.root()["hospitalization"]) {
      encounter.remove("hospitalization");
      encounter.add_copy("hospitalization", told->resource.root()["hospitalization"]);
    }
  }
  if (ended.empty() && told) {
    auto encounter = told->resource.edit();
    encounter.set("status", "finished");
    encounter.ensure("period").set("end", norway::text_of(event));
    mark_stay(encounter, c);
  }
  const bool elsewhere = std::any_of(stays.begin(), stays.end(), [](const Stay& stay) { return stay.is_open(); });
  const std::string focus = !ended.empty() ? "Encounter/" + ended.front()->id : told ? "Encounter/" + told->id : "";
  const auto when = norway::oslo_words(event);
  const auto from = display_of(c.message.sender);
  const auto task =
      elsewhere
          ? ask(c, "information", "routine",
                fmt::format("Pasienten er utskrevet {} fra {}, men er fortsatt innlagt et annet sted.", when, from),
                focus)
          : ask(c, "resume", "urgent",
                fmt::format("Pasienten er utskrevet {} fra {}. Gjenoppta digital hjemmeoppfølging og se over planen.",
                            when, from),
                focus);
  FHIR_TRY(task);
  for (Stay* stay : ended) {
    set_work_item(stay->encounter.edit(), *task);
    if (const auto saved = save(c, *stay); !saved) return saved;
  }
  if (!ended.empty() && told) BundleWriter::bind(*told, ended.front()->id);
  if (ended.empty() && told) set_work_item(told->resource.edit(), *task);
  return {};
}

Result<void> undo_discharge(Case& c, const Undone& undone) {
  auto stays = stays_of(c.act, c.patient_id);
  bool reopened = false;
  for (auto& stay : stays) {
    if (!stay.has_any(undone.marks) || !stay.is_valid()) continue;
    if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay.id);
    auto encounter = stay.encounter.edit();
    if (!stay.start()) {  // only the discharge had told of it
      encounter.set("status", "entered-in-error");
    } else {
      encounter.set("status", "in-progress");
      drop_end(encounter);
      if (const auto paused = pause_for(c, encounter); !paused) return paused;
      reopened = true;
    }
    if (const auto saved = save(c, stay); !saved) return saved;
  }
  if (!reopened) return {};
  return done(ask(c, "information", "urgent",
                  "Utskrivningsmeldingen er kansellert av " + display_of(c.message.sender) +
                      ". Pasienten er fortsatt innlagt; digital hjemmeoppfølging er pauset."));
}

using Unknown = EffectRow::Unknown;
using Again = EffectRow::Again;
// clang-format off
constexpr std::array kAdmissionRows{EffectRow{"", Unknown::refuse, Again::another, admit, undo_admission}};
constexpr std::array kReadinessRows{EffectRow{"", Unknown::refuse, Again::another, ready_for_discharge, undo_ready_for_discharge}};
constexpr std::array kUnreadinessRows{EffectRow{"", Unknown::refuse, Again::another, not_ready_for_discharge, undo_not_ready_for_discharge}};
constexpr std::array kDischargeRows{EffectRow{"", Unknown::refuse, Again::another, discharge, undo_discharge}};
// clang-format on

}  // namespace

constinit const Effects kAdmission{kAdmissionRows}, kReadiness{kReadinessRows}, kUnreadiness{kUnreadinessRows},
    kDischarge{kDischargeRows};

}  // namespace varde::messaging
