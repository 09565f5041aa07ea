// LOG_INNLAGT, LOG_UTSKRIVNINGSKLAR, LOG_AVMELDING: the patient is in hospital, so the follow-up rests.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/followup/followup.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/effect/told_event.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

std::string_view ready_of(const Stay& stay) {
  return stay.encounter.root().extension(names::kReadyForDischarge)["valueDateTime"].value();
}

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
Stay* spoken_of(std::vector<Stay>& stays, const Case& c, const time::Span& event) {
  Stay* only = nullptr;
  std::size_t open = 0;
  for (auto& stay : stays) {
    const auto start = stay.start();
    if (!stay.is_open() || (start && before(event, *start))) continue;
    if (stay.told_by(c.her)) return &stay;
    only = &stay, ++open;
  }
  return open == 1 ? only : nullptr;
}

/// Other messages came first and told of a stay whose beginning nobody had told of: this is the beginning.
Stay* told_before(std::vector<Stay>& stays, const Case& c, const time::Span& event) {
  const auto has_beginning = [&](const Stay& stay) {
    return std::any_of(c.told.begin(), c.told.end(), [&](const ToldEvent& each) {
      return each.what == HospitalEvent::admitted && stay.has_mark(each.mark);
    });
  };
  for (auto& stay : stays) {
    const auto ready = norway::parse_moment(ready_of(stay)), end = stay.end();
    const bool fits = stay.is_open() ? !ready || !before(*ready, event) : end && event.begin < end->end;
    if (stay.is_over_or_open() && fits && stay.told_by(c.her) && !has_beginning(stay)) return &stay;
  }
  return nullptr;
}

/// The sender's last stay, which is over: what it says of it now came late, or contradicts that.
Stay* left_behind(std::vector<Stay>& stays, const Case& c, const time::Span& event) {
  Stay* last = nullptr;
  for (auto& stay : stays) {
    const auto start = stay.start(), end = stay.end();
    if (stay.is_open() || !stay.is_over_or_open() || !end || !stay.told_by(c.her)) continue;
    if (start && before(event, *start)) continue;
    if (!last || last->end()->begin < end->begin) last = &stay;
  }
  return last;
}

/// The message speaks of a stay that is over: nothing is paused for it.
Result<void> note_on_left(Case& c, Stay& stay) {
  if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay.id);
  mark_stay(stay.encounter.edit(), c);
  return save(c, stay);
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
  if (earlier == nullptr) earlier = told_before(stays, c, event);
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
  if (Stay* stay = spoken_of(stays, c, ready)) {
    auto encounter = stay->encounter.edit();
    mark_stay(encounter, c);
    if (!is_told_later(c, HospitalEvent::not_ready, ready))
      set_extension(encounter, names::kReadyForDischarge, "valueDateTime", norway::text_of(ready));
    if (told) BundleWriter::bind(*told, stay->id);
    if (const auto saved = save(c, *stay); !saved) return saved;
    return done(ask(c, "information", "routine", words, "Encounter/" + stay->id));
  }
  if (told == nullptr) return done(ask(c, "information", "routine", words));
  const auto since = norway::parse_moment(told->resource.root()["period"]["start"].value());
  if (Stay* left = left_behind(stays, c, ready); left && !(since && before(*left->end(), *since)))
    return note_on_left(c, *left).and_then(
        [&] { return done(ask(c, "information", "routine", words, "Encounter/" + left->id)); });
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
  const auto event = event_of(c.message);
  auto stays = stays_of(c.act, c.patient_id);
  if (Stay* stay = spoken_of(stays, c, event)) {
    if (auto* told = c.bundle.first("Encounter")) BundleWriter::bind(*told, stay->id);
    auto encounter = stay->encounter.edit();
    mark_stay(encounter, c);
    if (!is_told_later(c, HospitalEvent::ready, event)) drop_extension(encounter, names::kReadyForDischarge);
    if (const auto saved = save(c, *stay); !saved) return saved;
  } else if (Stay* left = left_behind(stays, c, event)) {
    FHIR_TRY(note_on_left(c, *left));
  } else if (auto* unknown = c.bundle.first("Encounter")) {
    mark_stay(unknown->resource.edit(), c);
    if (!is_over(stays, event)) {
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

/// The discharges in force that the stay has had, the last written one last.
std::vector<ToldEvent> discharges_of(const Case& c, const Stay& stay) {
  auto told = c.told;
  std::erase_if(told, [&](const ToldEvent& each) {
    return each.what != HospitalEvent::discharged || !(each.mark == c.mark() || stay.has_mark(each.mark));
  });
  const auto written = [](const ToldEvent& each) { return each.generated.value_or(time::Span{}).begin; };
  std::stable_sort(told.begin(), told.end(), [&](const ToldEvent& a, const ToldEvent& b) {
    return std::pair(written(a), a.when.begin) < std::pair(written(b), b.when.begin);
  });
  return told;
}

/// A discharge from a stay that another has ended: the last word counts, and who asks to resume has asked.
Result<void> discharge_again(Case& c, Stay& stay) {
  stay.encounter.edit().ensure("period").set("end", norway::text_of(discharges_of(c, stay).back().when));
  return note_on_left(c, stay);
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
  if (ended.empty())
    if (Stay* left = left_behind(stays, c, event); left && left->start() && !discharges_of(c, *left).empty())
      return discharge_again(c, *left);
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
                fmt::format("Pasienten er utskrevet {} fra {}, men er fortsatt meldt innlagt.", when, from), focus)
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
    if (const auto others = discharges_of(c, stay); !others.empty()) {  // another one still ends it
      encounter.ensure("period").set("end", norway::text_of(others.back().when));
    } else if (!stay.start()) {  // only the discharge had told of it
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
constexpr std::array kAdmissionRows{EffectRow{"", Unknown::refuse, Again::another,
    weighed<HospitalEvent::admitted, admit>, weighed_again<undo_admission>}};
constexpr std::array kReadinessRows{EffectRow{"", Unknown::refuse, Again::another,
    weighed<HospitalEvent::ready, ready_for_discharge>, weighed_again<undo_ready_for_discharge>}};
constexpr std::array kUnreadinessRows{EffectRow{"", Unknown::refuse, Again::another,
    weighed<HospitalEvent::not_ready, not_ready_for_discharge>, weighed_again<undo_not_ready_for_discharge>}};
constexpr std::array kDischargeRows{EffectRow{"", Unknown::refuse, Again::another,
    weighed<HospitalEvent::discharged, discharge>, weighed_again<undo_discharge>}};
// clang-format on

}  // namespace

constinit const Effects kAdmission{kAdmissionRows}, kReadiness{kReadinessRows}, kUnreadiness{kUnreadinessRows},
    kDischarge{kDischargeRows};

}  // namespace varde::messaging
