#include "norway/message_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "fhir-model/text/trim.h"
#include "fhir-model/time/span.h"
#include "fhir-model/time/text.h"
#include "fhir-model/time/zone.h"

namespace varde::norway {
namespace {

using namespace std::chrono;

constexpr std::size_t kYear = 4, kMonth = 7, kDay = 10, kClock = 8;  ///< letters of "2018", "2018-01", "10:00:00"

std::optional<time::Span> read(std::string_view text) {
  return time::read_span(text, time::Zone::norway(), time::Form::xml);
}

/// A date, or the month or year of one, as XML and FHIR both write it.
bool is_date(std::string_view text, std::size_t size) { return text.size() == size && read(text); }

/// A time as written: "2018-01-29T10:00:00.5" and "+01:00", "Z" or "".
struct Parts {
  time::Instant at;
  time::Wall wall;                 ///< what the clock shows there
  std::string_view clock, offset;  ///< clock: "10:00:00.5"
};

std::optional<Parts> parts_of(std::string_view text) {
  if (text.size() < kDay + 1 + kClock || text[kDay] != 'T') return std::nullopt;
  const auto span = read(text);
  if (!span) return std::nullopt;
  const auto rest = text.substr(kDay + 1);
  const auto clock = rest.substr(0, rest.find_first_of("Z+-"));
  if (clock.size() < kClock || clock.substr(6, 2) == "60") return std::nullopt;  // seconds, and not a leap second
  const auto as_utc = read(std::string(text.substr(0, kDay + 1 + clock.size())) + "Z");
  return Parts{span->begin, time::Wall(as_utc->begin.time_since_epoch()), clock, rest.substr(clock.size())};
}

minutes ahead(const Parts& parts) {
  return duration_cast<minutes>(time::Instant(parts.wall.time_since_epoch()) - parts.at);
}

std::string written(minutes offset) { return fmt::format("+{:02}:{:02}", offset / 1h, (offset % 1h) / 1min); }

/// A date may carry a zone in XML ("2018-01-30+01:00"), in FHIR it may not.
std::string_view without_zone(std::string_view text, std::size_t size) {
  const auto zone = text.substr(std::min(size, text.size()));
  const bool offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':';
  return zone == "Z" || offset ? text.substr(0, size) : text;
}

}  // namespace

std::optional<std::string> to_fhir_time(std::string_view xml) {
  xml = fhir::text::trimmed(xml);
  if (const auto parts = parts_of(xml)) {
    // The clock as it is written, but for XML's midnight at the end of a day.
    const bool ends_day = parts->clock.starts_with("24");
    const auto day = ends_day ? time::fhir_date(floor<days>(parts->wall)) : std::string(xml.substr(0, kDay));
    const auto clock = ends_day ? "00" + std::string(parts->clock.substr(2)) : std::string(parts->clock);
    const auto offset =
        parts->offset.empty() ? written(time::Zone::norway().offset_of(parts->wall)) : std::string(parts->offset);
    return day + "T" + clock + offset;
  }
  for (const auto size : {kDay, kMonth, kYear})
    if (const auto date = without_zone(xml, size); is_date(date, size)) return std::string(date);
  return std::nullopt;
}

std::string to_message_time(std::string_view fhir) {
  const auto parts = parts_of(fhir);
  if (!parts || parts->offset.empty()) return std::string(fhir);
  const bool own = ahead(*parts) == time::Zone::norway().offset_of(parts->wall);
  return own ? std::string(fhir.substr(0, fhir.size() - parts->offset.size())) : std::string(fhir);
}

std::string to_message_date_time(std::string_view fhir) {
  return is_date(fhir, kDay) ? std::string(fhir) + "T00:00:00" : to_message_time(fhir);
}

std::string to_reader(std::string_view fhir) {
  const auto print = [](std::string_view iso) {
    return fmt::format("{}.{}.{}", iso.substr(8, 2), iso.substr(5, 2), iso.substr(0, 4));
  };
  if (is_date(fhir, kDay)) return print(fhir);
  const auto parts = parts_of(fhir);
  if (!parts) return std::string(fhir);
  const auto wall = parts->offset.empty() ? parts->wall : time::Zone::norway().wall(parts->at);
  const auto day = floor<days>(wall);
  return print(time::fhir_date(day)) + fmt::format(" {:02}:{:02}", (wall - day) / 1h, ((wall - day) % 1h) / 1min);
}

bool is_instant(std::string_view fhir) {
  const auto parts = parts_of(fhir);
  return parts && !parts->offset.empty();
}

}  // namespace varde::norway
