#include "fhir-model/time/span.h"

namespace varde::time {
namespace {

using namespace std::chrono;

/// Reads fixed-width numbers off a text; `ok` stays false after the first that is not there.
struct Digits {
  std::string_view text;
  bool ok = true;

  int number(std::size_t width) {
    int value = 0;
    if (text.size() < width) return ok = false, 0;
    for (const char c : text.substr(0, width)) {
      if (c < '0' || c > '9') return ok = false, 0;
      value = value * 10 + (c - '0');
    }
    text.remove_prefix(width);
    return value;
  }
  bool skip(char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
  }
  bool at_digit() const { return !text.empty() && text.front() >= '0' && text.front() <= '9'; }
};

/// What a text may say of its zone: nothing, or minutes ahead of UTC. nullopt: not a zone.
struct Offset {
  std::optional<minutes> ahead;
};
std::optional<Offset> take_offset(Digits& in) {
  if (in.text.empty()) return Offset{};
  if (in.text == "Z") return Offset{minutes(0)};
  const bool west = in.skip('-');
  if (!west && !in.skip('+')) return std::nullopt;
  const int h = in.number(2);
  if (!in.skip(':')) return std::nullopt;
  const int m = in.number(2);
  if (!in.ok || !in.text.empty() || h > 14 || m > 59) return std::nullopt;
  const minutes ahead = hours(h) + minutes(m);
  return Offset{west ? -ahead : ahead};
}

struct Days {
  local_days begin, end;
  bool is_day = false;  ///< not a month, not a year
};
std::optional<Days> take_days(Digits& in) {
  const year y{in.number(4)};
  if (!in.ok || y < year{1}) return std::nullopt;
  if (!in.skip('-')) return Days{local_days{y / January / 1}, local_days{(y + years(1)) / January / 1}};
  const year_month month = y / std::chrono::month{static_cast<unsigned>(in.number(2))};
  if (!in.ok || !month.ok()) return std::nullopt;
  if (!in.skip('-')) return Days{local_days{month / 1}, local_days{(month + months(1)) / 1}};
  const year_month_day date = month / day{static_cast<unsigned>(in.number(2))};
  if (!in.ok || !date.ok()) return std::nullopt;
  return Days{local_days{date}, local_days{date} + days(1), true};
}

struct Clock {
  microseconds time, precision;
};
std::optional<Clock> take_clock(Digits& in, Form form) {
  const int h = in.number(2);
  if (!in.skip(':')) return std::nullopt;
  const int m = in.number(2);
  if (!in.ok || h > 24 || m > 59) return std::nullopt;
  Clock out{hours(h) + minutes(m), minutes(1)};
  if (in.skip(':')) {
    const int s = in.number(2);
    if (!in.ok || s > 60) return std::nullopt;  // 60: a leap second
    out.time += seconds(s), out.precision = seconds(1);
    if (in.skip('.')) {
      if (!in.at_digit()) return std::nullopt;
      while (in.at_digit()) {
        const int digit = in.number(1);
        if (out.precision > microseconds(1)) out.precision /= 10, out.time += digit * out.precision;
      }
    }
  }
  if (h == 24 && (form == Form::fhir || out.time > hours(24))) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Span> read_span(std::string_view text, const Zone& zone, Form form) {
  Digits in{text};
  const auto date = take_days(in);
  if (!date) return std::nullopt;
  if (!in.skip('T')) {
    const auto offset = take_offset(in);
    if (!offset || (offset->ahead && form == Form::fhir)) return std::nullopt;
    return Span{zone.instant(date->begin), zone.instant(date->end)};
  }
  const auto clock = date->is_day ? take_clock(in, form) : std::nullopt;
  const auto offset = clock ? take_offset(in) : std::nullopt;
  if (!offset) return std::nullopt;
  const Wall wall = date->begin + clock->time;
  const Instant begin = offset->ahead ? Instant(wall.time_since_epoch()) - *offset->ahead : zone.instant(wall);
  return Span{begin, begin + clock->precision};
}

}  // namespace varde::time
