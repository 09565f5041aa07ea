#include "server/messaging/moment.h"

#include <charconv>

#include <fmt/format.h>

namespace varde::messaging {
namespace {
using namespace std::chrono;
using storage::Instant;

/// Summer time in Norway: from the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC
/// (Directive 2000/84/EC, in force in Norway since 2002).
hours oslo_offset(Instant utc) {
  const year_month_day day{floor<days>(utc)};
  const auto change = [&](month in) { return sys_days(day.year() / in / Sunday[last]) + hours{1}; };
  return utc >= change(March) && utc < change(October) ? hours{2} : hours{1};
}

Instant from_oslo(Instant wall) {
  const Instant winter = wall - hours{1};
  const Instant summer = wall - hours{2};
  return oslo_offset(summer) == hours{2} ? summer : winter;
}

/// Takes exactly `count` digits off the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc{} || end != text.data() + count || text.front() == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool skip(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// The shortest day there is has 23 hours.
bool is_day(const Span& span) { return span.end - span.begin >= hours{23}; }

struct WallClock { Instant time; microseconds width; };

std::optional<WallClock> time_of_day(std::string_view& text, Instant day) {
  const auto hour = digits(text, 2);
  if (!hour || *hour > 24 || !skip(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Instant time = day + hours{*hour} + minutes{*minute};
  if (!skip(text, ':')) return WallClock{time, minutes{1}};
  const auto second = digits(text, 2);
  if (!second || *second > 60) return std::nullopt;
  time += seconds{*second};
  if (!skip(text, '.')) return WallClock{time, seconds{1}};
  std::int64_t unit = 100'000;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10)
    time += microseconds{(text.front() - '0') * unit};
  return WallClock{time, microseconds{1}};
}

}  // namespace

std::optional<Span> parse_moment(std::string_view text) {
  const auto y = digits(text, 4);
  if (!y) return std::nullopt;
  int m = 1, d = 1;
  const bool has_month = skip(text, '-');
  if (has_month) {
    const auto value = digits(text, 2);
    if (!value) return std::nullopt;
    m = *value;
  }
  const bool has_day = has_month && skip(text, '-');
  if (has_day) {
    const auto value = digits(text, 2);
    if (!value) return std::nullopt;
    d = *value;
  }
  const year_month_day date{year{*y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const Instant midnight = sys_days(date);
  if (text.empty() || text.front() != 'T') {
    if (!text.empty() && text != "Z") return std::nullopt;
    const sys_days next = has_day ? sys_days(date) + days{1}
                          : has_month ? sys_days((date.year() / date.month() + months{1}) / 1)
                                      : sys_days((date.year() + years{1}) / January / 1);
    return Span{from_oslo(midnight), from_oslo(Instant{next})};
  }
  if (!has_day || !skip(text, 'T')) return std::nullopt;
  const auto wall = time_of_day(text, midnight);
  if (!wall) return std::nullopt;
  Instant begin;
  if (text.empty()) {
    begin = from_oslo(wall->time);
  } else if (text == "Z") {
    begin = wall->time;
  } else {
    const int sign = text.front() == '-' ? -1 : 1;
    if (!skip(text, '+') && !skip(text, '-')) return std::nullopt;
    const auto h = digits(text, 2);
    const bool colon = skip(text, ':');
    const auto min = digits(text, 2);
    if (!h || !colon || !min || !text.empty()) return std::nullopt;
    begin = wall->time - sign * (hours{*h} + minutes{*min});
  }
  return Span{begin, begin + wall->width};
}

std::string utc_text(Instant instant) {
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(instant - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string oslo_text(Instant instant) {
  const auto offset = oslo_offset(instant);
  return utc_text(floor<seconds>(instant) + offset).substr(0, 19) + fmt::format("+{:02}:00", offset.count());
}

std::string text_of(const Span& span) { return oslo_text(span.begin).substr(0, is_day(span) ? 10 : std::string::npos); }

std::string oslo_words(Instant instant) {
  const auto text = utc_text(instant + oslo_offset(instant));
  return fmt::format("{}.{}.{} {}", text.substr(8, 2), text.substr(5, 2), text.substr(0, 4), text.substr(11, 5));
}

std::string oslo_words(const Span& span) {
  return oslo_words(span.begin).substr(0, is_day(span) ? 10 : std::string::npos);
}

}  // namespace varde::messaging
