#include "norway/message_time.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "fhir-model/text/trim.h"
#include "fhir-model/time/zone.h"

namespace varde::norway {
namespace {

using namespace std::chrono_literals;
using Local = date::local_time<std::chrono::minutes>;

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || text[0] == '-') return std::nullopt;
  return value;
}

std::optional<date::year_month_day> day_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = number(text.substr(0, 4)), m = number(text.substr(5, 2)), d = number(text.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  const auto day = date::year{*y} / *m / *d;
  return day.ok() ? std::optional(day) : std::nullopt;
}

/// A time as written: "2018-01-29T10:00:00.5" and "+01:00", "Z" or "".
struct Parts {
  date::year_month_day day;
  int hour = 0, minute = 0;
  std::string_view clock, offset;  ///< clock: "10:00:00.5"
};

std::optional<Parts> parts_of(std::string_view text) {
  if (text.size() < 16 || text[10] != 'T') return std::nullopt;
  const auto day = day_of(text.substr(0, 10));
  if (!day) return std::nullopt;
  const std::string_view rest = text.substr(11);
  const auto zone = rest.find_first_of("Z+-");
  Parts parts{*day, 0, 0, rest.substr(0, zone),
              zone == std::string_view::npos ? std::string_view() : rest.substr(zone)};
  const auto h = number(parts.clock.substr(0, 2)), m = number(parts.clock.substr(3, 2));
  const bool seconds =
      parts.clock.size() >= 8 && parts.clock[5] == ':' && number(parts.clock.substr(6, 2)).value_or(99) < 60;
  if (!h || !m || *h > 24 || *m > 59 || parts.clock[2] != ':' || !seconds) return std::nullopt;
  if (parts.clock.size() > 8 && (parts.clock[8] != '.' || parts.clock.size() == 9 || !number(parts.clock.substr(9, 9))))
    return std::nullopt;
  if (!parts.offset.empty() && parts.offset != "Z" && (parts.offset.size() != 6 || parts.offset[3] != ':'))
    return std::nullopt;
  parts.hour = *h, parts.minute = *m;
  return parts;
}

/// Minutes east of UTC in Norway, by the Norwegian clock.
std::chrono::minutes norway(Local local) {
  return time::Zone::norway().offset_of(time::Wall(local.time_since_epoch()));
}
std::chrono::minutes norway_utc(Local utc) {
  return time::Zone::norway().offset_at(time::Instant(utc.time_since_epoch()));
}

std::chrono::minutes offset_of(std::string_view text) {
  if (text == "Z") return 0min;
  const auto minutes = *number(text.substr(1, 2)) * 60min + *number(text.substr(4, 2)) * 1min;
  return text[0] == '-' ? -minutes : minutes;
}

Local local_of(const Parts& parts) { return date::local_days{parts.day} + parts.hour * 1h + parts.minute * 1min; }

std::string written(std::chrono::minutes offset) {
  return fmt::format("+{:02}:{:02}", offset / 1h, (offset % 1h) / 1min);
}

std::string written(date::year_month_day day) {
  return fmt::format("{:04}-{:02}-{:02}", int(day.year()), unsigned(day.month()), unsigned(day.day()));
}

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
    Parts p = *parts;
    std::string clock(p.clock);
    if (p.hour == 24) {  // XML's midnight at the end of the day
      p.day = date::year_month_day(date::sys_days(p.day) + date::days(1));
      p.hour = 0;
      clock.replace(0, 2, "00");
    }
    const std::string offset = p.offset.empty() ? written(norway(local_of(p))) : std::string(p.offset);
    return written(p.day) + "T" + clock + offset;
  }
  const auto day = without_zone(xml, 10);
  if (day_of(day)) return std::string(day);
  if (day.size() == 7 && day[4] == '-' && day_of(std::string(day) + "-01")) return std::string(day);
  const auto year = without_zone(xml, 4);
  if (year.size() == 4 && number(year)) return std::string(year);
  return std::nullopt;
}

std::string to_message_time(std::string_view fhir) {
  const auto parts = parts_of(fhir);
  if (!parts || parts->offset.empty()) return std::string(fhir);
  const bool own = offset_of(parts->offset) == norway(local_of(*parts));
  return own ? std::string(fhir.substr(0, fhir.size() - parts->offset.size())) : std::string(fhir);
}

std::string to_message_date_time(std::string_view fhir) {
  return day_of(fhir) ? std::string(fhir) + "T00:00:00" : to_message_time(fhir);
}

std::string to_reader(std::string_view fhir) {
  const auto print = [](date::year_month_day day) {
    return fmt::format("{:02}.{:02}.{:04}", unsigned(day.day()), unsigned(day.month()), int(day.year()));
  };
  if (const auto day = day_of(fhir)) return print(*day);
  const auto parts = parts_of(fhir);
  if (!parts) return std::string(fhir);
  Local local = local_of(*parts);
  if (!parts->offset.empty()) {
    const Local utc = local - offset_of(parts->offset);
    local = utc + norway_utc(utc);
  }
  const auto day = date::floor<date::days>(local);
  return print(date::year_month_day(day)) +
         fmt::format(" {:02}:{:02}", (local - day) / 1h, ((local - day) % 1h) / 1min);
}

bool is_instant(std::string_view fhir) {
  const auto parts = parts_of(fhir);
  return parts && !parts->offset.empty();
}

}  // namespace varde::norway
