#include "fhir-model/time/text.h"

#include <fmt/format.h>

namespace varde::time {
namespace {

using namespace std::chrono;

struct Parts {
  int year;
  unsigned month, day;
  long hour, minute, second;
};

Parts parts_of(Wall wall) {
  const local_days day = floor<days>(wall);
  const year_month_day date{day};
  const hh_mm_ss clock(floor<seconds>(wall) - local_time<seconds>(day));
  return {static_cast<int>(date.year()),     static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), clock.hours().count(),
          clock.minutes().count(),           static_cast<long>(clock.seconds().count())};
}

}  // namespace

std::string fhir_date(local_days day) {
  const Parts p = parts_of(day);
  return fmt::format("{:04}-{:02}-{:02}", p.year, p.month, p.day);
}

std::string fhir_date(Instant at, const Zone& zone) { return fhir_date(floor<days>(zone.wall(at))); }

std::string fhir_date_time(Instant at, const Zone& zone) {
  const Parts p = parts_of(zone.wall(at));
  const minutes offset = zone.offset_at(at), distance = offset < minutes(0) ? -offset : offset;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", p.year, p.month, p.day, p.hour, p.minute,
                     p.second, offset < minutes(0) ? '-' : '+', distance / hours(1), (distance % hours(1)).count());
}

std::string norwegian_text(Instant at, const Zone& zone) {
  const Parts p = parts_of(zone.wall(at));
  return fmt::format("{:02}.{:02}. kl. {:02}.{:02}", p.day, p.month, p.hour, p.minute);
}

}  // namespace varde::time
