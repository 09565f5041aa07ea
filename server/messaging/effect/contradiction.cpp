#include "server/messaging/effect/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace varde::messaging {
namespace {

using enum HospitalEvent;
using Events = std::vector<ToldEvent>;

struct EventRow {
  HospitalEvent what;
  std::string_view code, norwegian;
};
constexpr std::array kEvents{
    EventRow{admitted, "admitted", "innlagt"},
    EventRow{ready, "ready", "utskrivningsklar"},
    EventRow{not_ready, "not-ready", "ikke lenger utskrivningsklar"},
    EventRow{discharged, "discharged", "utskrevet"},
    EventRow{died, "died", "død"},
};

const EventRow& row_of(HospitalEvent what) { return kEvents[static_cast<std::size_t>(what)]; }

/// Where the patient was just before the event, by what the others tell.
enum class Before : std::uint8_t { unknown, in, reported_ready, out, elsewhere, in_later, dead };

struct Row {
  Before before;
  HospitalEvent event;
  std::string_view but;  ///< what follows is the other message, where there is one
  std::string_view asked;
};

// A second admission at one hospital is a move between its wards; a second "ready" is a new time. Whoever has died may
// be discharged afterwards (list 8431, discharged dead).
// clang-format off
constexpr std::array kRows{
    //  before                 event       but                                             asked
    Row{Before::unknown,       ready,      "men ikke innlagt",                             "Spør sykehuset om pasienten er innlagt."},
    Row{Before::unknown,       not_ready,  "men verken innlagt eller utskrivningsklar",    "Spør sykehuset om pasienten er innlagt."},
    Row{Before::in,            not_ready,  "men ikke utskrivningsklar før det, bare ",     "Spør sykehuset hva som gjelder."},
    Row{Before::out,           ready,      "men før det ",                                 "Spør sykehuset om pasienten er der ennå."},
    Row{Before::out,           not_ready,  "men før det ",                                 "Spør sykehuset om pasienten er der ennå."},
    Row{Before::out,           discharged, "men også ",                                    "Spør sykehuset når pasienten reiste."},
    Row{Before::elsewhere,     admitted,   "mens pasienten var ",                          "Avklar hvor pasienten er."},
    Row{Before::elsewhere,     ready,      "men ikke innlagt der, bare ",                  "Avklar hvor pasienten er."},
    Row{Before::elsewhere,     not_ready,  "men ikke innlagt der, bare ",                  "Avklar hvor pasienten er."},
    Row{Before::elsewhere,     discharged, "men ikke innlagt der, bare ",                  "Avklar hvor pasienten er."},
    Row{Before::in_later,      discharged, "men først etter det ",                         "Spør sykehuset om pasienten er innlagt."},
    Row{Before::dead,          admitted,   "men før det ",                                 "Avklar straks om pasienten lever."},
    Row{Before::dead,          ready,      "men før det ",                                 "Avklar straks om pasienten lever."},
    Row{Before::dead,          not_ready,  "men før det ",                                 "Avklar straks om pasienten lever."},
};
// clang-format on

struct Known {
  Before before = Before::unknown;
  const ToldEvent* by = nullptr;
};

template <class Predicate>
const ToldEvent* latest(const Events& told, Predicate holds) {
  const ToldEvent* found = nullptr;
  for (const auto& each : told)
    if (holds(each) && (!found || found->when.begin < each.when.begin)) found = &each;
  return found;
}

template <class Predicate>
bool any(const Events& told, Predicate holds) {
  return std::any_of(told.begin(), told.end(), holds);
}

bool is(const ToldEvent& event, HospitalEvent what, const std::string& hospital) {
  return event.what == what && event.hospital == hospital;
}

/// The two may be in that order: it is not certain that `b` comes first.
bool may_precede(const time::Span& a, const time::Span& b) { return !before(b, a); }

/// An event of that kind may lie between the two.
bool may_lie_between(const Events& told, HospitalEvent what, const std::string& hospital, const time::Span& from,
                     const time::Span& until) {
  return any(told, [&](const ToldEvent& each) {
    return is(each, what, hospital) && may_precede(from, each.when) && may_precede(each.when, until);
  });
}

/// One certainly does.
bool lies_between(const Events& told, HospitalEvent what, const std::string& hospital, const time::Span& from,
                  const time::Span& until) {
  return any(told, [&](const ToldEvent& each) {
    return is(each, what, hospital) && before(from, each.when) && before(each.when, until);
  });
}

/// The admission at another hospital that certainly lasts.
const ToldEvent* elsewhere(const Events& told, const ToldEvent& event) {
  return latest(told, [&](const ToldEvent& each) {
    return each.what == admitted && each.hospital != event.hospital && before(each.when, event.when) &&
           !may_lie_between(told, discharged, each.hospital, each.when, event.when);
  });
}

Known before_discharge(const Events& told, const ToldEvent& event) {
  const auto& here = event.hospital;
  if (const auto* other = latest(told, [&](const ToldEvent& each) {
        return is(each, discharged, here) && before(each.when, event.when) &&
               !may_lie_between(told, admitted, here, each.when, event.when);
      }))
    return {Before::out, other};
  if (const auto* in = latest(
          told, [&](const ToldEvent& each) { return is(each, admitted, here) && may_precede(each.when, event.when); }))
    return {Before::in, in};
  // Written before that admission, it is of a stay that we do not know.
  if (const auto* later = latest(told, [&](const ToldEvent& each) {
        return is(each, admitted, here) && event.generated && may_precede(each.when, *event.generated);
      }))
    return {Before::in_later, later};
  const auto* other = elsewhere(told, event);
  return {other ? Before::elsewhere : Before::unknown, other};
}

Known before_readiness(const Events& told, const ToldEvent& event) {
  const auto& here = event.hospital;
  const auto stands = [&](const ToldEvent& each, HospitalEvent until) {
    return may_precede(each.when, event.when) && !lies_between(told, until, here, each.when, event.when);
  };
  if (event.what == not_ready)
    if (const auto* reported = latest(told, [&](const ToldEvent& each) {
          return is(each, ready, here) && stands(each, not_ready) && stands(each, discharged) && stands(each, admitted);
        }))
      return {Before::reported_ready, reported};
  if (const auto* in =
          latest(told, [&](const ToldEvent& each) { return is(each, admitted, here) && stands(each, discharged); }))
    return {Before::in, in};
  if (const auto* out = latest(
          told, [&](const ToldEvent& each) { return is(each, discharged, here) && before(each.when, event.when); }))
    return {Before::out, out};
  const auto* other = elsewhere(told, event);
  return {other ? Before::elsewhere : Before::unknown, other};
}

Known known_before(const Events& told, const ToldEvent& event) {
  if (const auto* death =
          latest(told, [&](const ToldEvent& each) { return each.what == died && before(each.when, event.when); }))
    return {Before::dead, death};
  if (event.what == discharged) return before_discharge(told, event);
  if (event.what != admitted) return before_readiness(told, event);
  const auto* other = elsewhere(told, event);
  return {other ? Before::elsewhere : Before::unknown, other};
}

std::string words_of(const ToldEvent& event) {
  return fmt::format("{} {} fra {}", row_of(event.what).norwegian, norway::oslo_words(event.when), event.sender);
}

std::string key_of(const ToldEvent& event) {
  return fmt::format("{}@{}", code_of(event.what), norway::text_of(event.when));
}

}  // namespace

std::vector<Contradiction> contradictions(const std::vector<ToldEvent>& told) {
  std::vector<Contradiction> found;
  for (const auto& event : told) {
    const auto known = known_before(told, event);
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) {
      return each.before == known.before && each.event == event.what;
    });
    if (row == kRows.end()) continue;
    found.push_back({key_of(event) + "/" + (known.by ? key_of(*known.by) : ""),
                     fmt::format("Meldingene motsier hverandre. Pasienten er meldt {}, {}{}. {}", words_of(event),
                                 row->but, known.by ? words_of(*known.by) : "", row->asked)});
  }
  return found;
}

std::string_view code_of(HospitalEvent what) { return row_of(what).code; }

std::optional<HospitalEvent> hospital_event(std::string_view code) {
  for (const auto& row : kEvents)
    if (row.code == code) return row.what;
  return std::nullopt;
}

}  // namespace varde::messaging
