#include "fhir-model/validation/moment.h"

#include <array>

namespace varde::fhir {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads from the front; `ok` turns false and stays so at the first thing that does not fit.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  bool done() const { return rest.empty(); }
  bool next_is(char c) const { return !rest.empty() && rest.front() == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void require(char c) { ok = take(c) && ok; }
  int number(std::size_t digits, int least, int most) {
    int value = 0;
    if (rest.size() < digits) ok = false;
    for (std::size_t i = 0; ok && i < digits; ++i) {
      ok = is_digit(rest[i]);
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(digits);
    ok = ok && value >= least && value <= most;
    return value;
  }
};

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int days_in(int year, int month) {
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}
/// Days since 1970-01-01; https://howardhinnant.github.io/date_algorithms.html#days_from_civil
constexpr std::int64_t days_from_civil(int year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int yoe = static_cast<int>(year - era * 400);
  const int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146'097 + doe - 719'468;
}
static_assert(days_from_civil(1970, 1, 1) == 0 && days_from_civil(2000, 3, 1) == 11'017);

struct Clock {
  std::int64_t begin = 0, length = 60 * kSecond;
  Precision precision = Precision::minute;
};

/// Microseconds of a decimal fraction; `length` becomes the width of its last digit.
void fraction(Scanner& in, Clock& clock) {
  std::int64_t unit = kSecond;
  std::size_t digits = 0;
  for (; !in.done() && is_digit(in.rest.front()); in.rest.remove_prefix(1), ++digits)
    if (unit > 1) {
      unit /= 10;
      clock.begin += (in.rest.front() - '0') * unit;
    }
  in.ok = in.ok && digits > 0;
  clock.length = unit;
  clock.precision = Precision::fraction;
}

Clock time_of_day(Scanner& in) {
  Clock clock;
  clock.begin = in.number(2, 0, 23) * 3600 * kSecond;
  in.require(':');
  clock.begin += in.number(2, 0, 59) * 60 * kSecond;
  if (!in.take(':')) return clock;
  clock.begin += in.number(2, 0, 60) * kSecond;
  clock.length = kSecond;
  clock.precision = Precision::second;
  if (in.take('.')) fraction(in, clock);
  return clock;
}

/// Z or ±hh:mm, in microseconds to take away; nothing there: zoned stays false.
std::int64_t zone(Scanner& in, bool& zoned) {
  zoned = true;
  if (in.take('Z')) return 0;
  const int sign = in.next_is('-') ? -1 : 1;
  if (!in.take('+') && !in.take('-')) {
    zoned = false;
    return 0;
  }
  const int hours = in.number(2, 0, 14);
  in.require(':');
  const int minutes = in.number(2, 0, hours == 14 ? 0 : 59);
  return sign * (hours * 60 + minutes) * 60 * kSecond;
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  Scanner in{text};
  const int year = in.number(4, 1, 9999);
  if (!in.ok) return {};
  if (in.done())
    return Moment{days_from_civil(year, 1, 1) * kDay, days_from_civil(year + 1, 1, 1) * kDay, Precision::year, false};
  in.require('-');
  const int month = in.number(2, 1, 12);
  if (!in.ok) return {};
  const std::int64_t month_begin = days_from_civil(year, month, 1) * kDay;
  if (in.done()) return Moment{month_begin, month_begin + days_in(year, month) * kDay, Precision::month, false};
  in.require('-');
  const int day = in.number(2, 1, days_in(year, month));
  if (!in.ok) return {};
  const std::int64_t day_begin = month_begin + (day - 1) * kDay;
  if (in.done()) return Moment{day_begin, day_begin + kDay, Precision::day, false};
  in.require('T');
  const Clock clock = time_of_day(in);
  bool zoned = false;
  const std::int64_t offset = zone(in, zoned);
  if (!in.ok || !in.done()) return {};
  const std::int64_t begin = day_begin + clock.begin - offset;
  return Moment{begin, begin + clock.length, clock.precision, zoned};
}

bool is_time_of_day(std::string_view text) {
  Scanner in{text};
  return time_of_day(in).precision >= Precision::second && in.ok && in.done();
}

}  // namespace varde::fhir
