#include "fhir-model/time/zone.h"

#include <date/tz.h>

#include <stdexcept>

namespace varde::time {
namespace {

using namespace std::chrono;

/// The database lists changes up to 2037 only: a later year goes by one that has the same calendar.
constexpr year kLastListed{2037};

template <class Clock>
time_point<Clock, seconds> in_listed_years(time_point<Clock, seconds> at) {
  using Days = time_point<Clock, days>;
  const year y = year_month_day(floor<days>(at)).year();
  if (y <= kLastListed) return at;
  const auto first = [](year of) { return Days(sys_days(of / January / 1).time_since_epoch()); };
  year like = kLastListed;  // within 28 years every calendar comes up
  while (like.is_leap() != y.is_leap() || weekday(first(like)) != weekday(first(y))) --like;
  return at - (first(y) - first(like));
}

}  // namespace

Result<Zone> Zone::named(std::string_view name) {
  try {
    return Zone(date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return fail(Fault::parameter_malformed,
                "must be a time zone of the system's tz database, such as Europe/Oslo (is the package tzdata there?)");
  }
}

Zone Zone::norway() {
  static const Zone kNorway(date::locate_zone("Europe/Oslo"));
  return kNorway;
}

minutes Zone::offset_at(Instant at) const {
  const date::sys_seconds utc(in_listed_years(floor<seconds>(at)).time_since_epoch());
  return floor<minutes>(zone_->get_info(utc).offset);
}

minutes Zone::offset_of(Wall wall) const {
  const date::local_seconds local(in_listed_years(floor<seconds>(wall)).time_since_epoch());
  const date::local_info info = zone_->get_info(local);
  const bool skipped = info.result == date::local_info::nonexistent;
  return floor<minutes>((skipped ? info.second : info.first).offset);
}

std::string_view Zone::name() const { return zone_->name(); }

}  // namespace varde::time
