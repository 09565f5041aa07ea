#include "fhir-model/fhirpath/temporal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace varde::fhirpath {
namespace {

constexpr std::int64_t kNanosecondsOfSecond = 1'000'000'000, kNanosecondsOfMinute = 60 * kNanosecondsOfSecond,
                       kNanosecondsOfDay = 1440 * kNanosecondsOfMinute;
/// Offsets that exist on earth, in minutes.
constexpr std::int64_t kMostEast = 14 * 60, kMostWest = 12 * 60;

using std::chrono::year;

/// Digits of a fixed count, taken off the front.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::int64_t floor_division(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

struct DigitsRow {
  Temporal::Kind kind;
  Precision precision;
  int digits;
};
/// How many digits a value of that precision is written with.
constexpr std::array kDigits{
    DigitsRow{Temporal::Kind::date, Precision::year, 4},
    DigitsRow{Temporal::Kind::date, Precision::month, 6},
    DigitsRow{Temporal::Kind::date, Precision::day, 8},
    DigitsRow{Temporal::Kind::date_time, Precision::year, 4},
    DigitsRow{Temporal::Kind::date_time, Precision::month, 6},
    DigitsRow{Temporal::Kind::date_time, Precision::day, 8},
    DigitsRow{Temporal::Kind::date_time, Precision::hour, 10},
    DigitsRow{Temporal::Kind::date_time, Precision::minute, 12},
    DigitsRow{Temporal::Kind::date_time, Precision::second, 14},
    DigitsRow{Temporal::Kind::date_time, Precision::fraction, 17},
    DigitsRow{Temporal::Kind::time, Precision::hour, 2},
    DigitsRow{Temporal::Kind::time, Precision::minute, 4},
    DigitsRow{Temporal::Kind::time, Precision::second, 6},
    DigitsRow{Temporal::Kind::time, Precision::fraction, 9},
};

}  // namespace

std::optional<int> Temporal::part(Precision which) const {
  if (which > precision_ || (kind_ == Kind::time && which < Precision::hour)) return std::nullopt;
  switch (which) {
    case Precision::year: return year_;
    case Precision::month: return month_;
    case Precision::day: return day_;
    case Precision::hour: return hour_;
    case Precision::minute: return minute_;
    case Precision::second: return second_;
    case Precision::fraction: return static_cast<int>(nanosecond_ / 1'000'000);
  }
  return std::nullopt;
}

bool Temporal::read(std::string_view text) {
  if (kind_ != Kind::time) {
    const auto y = take_digits(text, 4);
    if (!y) return false;
    year_ = static_cast<std::int16_t>(*y), precision_ = Precision::year;
    for (auto [field, precision] : {std::pair{&month_, Precision::month}, std::pair{&day_, Precision::day}}) {
      if (!take(text, '-')) break;
      const auto value = take_digits(text, 2);
      if (!value) return false;
      *field = static_cast<std::uint8_t>(*value), precision_ = precision;
    }
    if (text.empty()) return true;
    if (kind_ == Kind::date || !take(text, 'T')) return false;
    if (text.empty()) return true;  // @2015T, a DateTime that is no more precise than its year
    if (precision_ != Precision::day) return false;
  }
  bool first = true;
  for (auto [field, precision] : {std::pair{&hour_, Precision::hour}, std::pair{&minute_, Precision::minute},
                                  std::pair{&second_, Precision::second}}) {
    if (!first && !take(text, ':')) break;
    first = false;
    const auto value = take_digits(text, 2);
    if (!value) return false;
    *field = static_cast<std::uint8_t>(*value), precision_ = precision;
  }
  if (precision_ == Precision::second && take(text, '.')) {
    precision_ = Precision::fraction;
    std::uint32_t unit = 100'000'000;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
      nanosecond_ += static_cast<std::uint32_t>(text.front() - '0') * unit;
      unit /= 10;
      fraction_digits_ = static_cast<std::uint8_t>(std::min(9, fraction_digits_ + 1));
    }
    if (fraction_digits_ == 0) return false;
  }
  if (kind_ == Kind::time || text.empty()) return text.empty();
  has_offset_ = true;
  if (take(text, 'Z')) return text.empty();
  const int sign = text.front() == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return false;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return false;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 14 || *minutes > 59 || !text.empty()) return false;
  offset_ = static_cast<std::int16_t>(sign * static_cast<int>(*hours * 60 + *minutes));
  return true;
}

bool Temporal::is_valid() const {
  return year_ >= 1 && (year{year_} / month_ / day_).ok() && hour_ < 24 && minute_ < 60 && second_ < 60;
}

std::optional<Temporal> Temporal::parse(Kind kind, std::string_view text) {
  Temporal out;
  out.kind_ = kind;
  return out.read(text) && out.is_valid() ? std::optional(out) : std::nullopt;
}

std::int64_t Temporal::nanoseconds() const {
  const auto days = std::chrono::sys_days(year{year_} / month_ / day_).time_since_epoch().count();
  return days * kNanosecondsOfDay + (hour_ * 60 + minute_) * kNanosecondsOfMinute + second_ * kNanosecondsOfSecond +
         nanosecond_;
}

void Temporal::set_nanoseconds(std::int64_t nanoseconds) {
  const std::int64_t days = floor_division(nanoseconds, kNanosecondsOfDay);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  year_ = static_cast<std::int16_t>(static_cast<int>(date.year()));
  month_ = static_cast<std::uint8_t>(static_cast<unsigned>(date.month()));
  day_ = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()));
  std::int64_t rest = nanoseconds - days * kNanosecondsOfDay;
  hour_ = static_cast<std::uint8_t>(rest / (60 * kNanosecondsOfMinute));
  minute_ = static_cast<std::uint8_t>(rest / kNanosecondsOfMinute % 60);
  second_ = static_cast<std::uint8_t>(rest / kNanosecondsOfSecond % 60);
  nanosecond_ = static_cast<std::uint32_t>(rest % kNanosecondsOfSecond);
}

Temporal Temporal::of_instant(std::int64_t milliseconds, int offset_minutes) {
  Temporal out;
  out.kind_ = Kind::date_time, out.precision_ = Precision::fraction, out.fraction_digits_ = 3;
  out.has_offset_ = true, out.offset_ = static_cast<std::int16_t>(offset_minutes);
  out.set_nanoseconds(milliseconds * 1'000'000 + offset_minutes * kNanosecondsOfMinute);
  return out;
}

std::string Temporal::text() const {
  std::string out;
  if (kind_ != Kind::time) {
    fmt::format_to(std::back_inserter(out), "{:04}", year_);
    if (precision_ >= Precision::month) fmt::format_to(std::back_inserter(out), "-{:02}", month_);
    if (precision_ >= Precision::day) fmt::format_to(std::back_inserter(out), "-{:02}", day_);
    if (precision_ >= Precision::hour) out += 'T';
  }
  if (precision_ >= Precision::hour) fmt::format_to(std::back_inserter(out), "{:02}", hour_);
  if (precision_ >= Precision::minute) fmt::format_to(std::back_inserter(out), ":{:02}", minute_);
  if (precision_ >= Precision::second) fmt::format_to(std::back_inserter(out), ":{:02}", second_);
  if (precision_ == Precision::fraction) out += '.' + fmt::format("{:09}", nanosecond_).substr(0, fraction_digits_);
  if (has_offset_ && offset_ == 0) return out + 'Z';
  if (has_offset_)
    fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", offset_ < 0 ? '-' : '+', std::abs(offset_) / 60,
                   std::abs(offset_) % 60);
  return out;
}

int Temporal::digits() const {
  const auto* row =
      std::ranges::find_if(kDigits, [&](const DigitsRow& r) { return r.kind == kind_ && r.precision == precision_; });
  return row->digits;
}

Temporal Temporal::as(Kind kind) const {
  Temporal out = *this;
  out.kind_ = kind;
  if (kind != Kind::date || precision_ <= Precision::day) return out;
  out.precision_ = Precision::day, out.has_offset_ = false, out.offset_ = 0, out.fraction_digits_ = 0;
  out.hour_ = out.minute_ = out.second_ = 0, out.nanosecond_ = 0;
  return out;
}

Temporal Temporal::time_of_day() const {
  Temporal out = *this;
  out.kind_ = Kind::time, out.has_offset_ = false, out.offset_ = 0;
  out.year_ = 1970, out.month_ = out.day_ = 1;
  return out;
}

std::optional<Temporal> Temporal::boundary(Edge edge, int digits) const {
  const auto* wanted =
      std::ranges::find_if(kDigits, [&](const DigitsRow& r) { return r.kind == kind_ && r.digits == digits; });
  if (wanted == kDigits.end()) return std::nullopt;
  Temporal out = *this;
  const bool high = edge == Edge::high;
  if (precision_ < Precision::month) out.month_ = high ? 12 : 1;
  if (precision_ < Precision::day) {
    const auto last = (year{out.year_} / out.month_ / std::chrono::last).day();
    out.day_ = high ? static_cast<std::uint8_t>(static_cast<unsigned>(last)) : 1;
  }
  if (precision_ < Precision::hour) out.hour_ = high ? 23 : 0;
  if (precision_ < Precision::minute) out.minute_ = high ? 59 : 0;
  if (precision_ < Precision::second) out.second_ = high ? 59 : 0;
  if (precision_ < Precision::fraction) out.nanosecond_ = high ? 999'000'000 : 0;
  out.precision_ = wanted->precision;
  out.fraction_digits_ = 3;
  if (out.precision_ < Precision::hour) {
    out.has_offset_ = false, out.offset_ = 0;
  } else if (kind_ == Kind::date_time && !has_offset_) {
    out.has_offset_ = true, out.offset_ = static_cast<std::int16_t>(high ? -kMostWest : kMostEast);
  }
  return out;
}

std::optional<Temporal> Temporal::plus_months(std::int64_t months) const {
  if (std::abs(months) > 12 * 10'000) return std::nullopt;
  const std::int64_t total = year_ * 12 + (month_ - 1) + months;
  Temporal out = *this;
  const std::int64_t new_year = floor_division(total, 12);
  if (new_year < 1 || new_year > 9999) return std::nullopt;
  out.year_ = static_cast<std::int16_t>(new_year);
  out.month_ = static_cast<std::uint8_t>(total - new_year * 12 + 1);
  const auto last = static_cast<unsigned>((year{out.year_} / out.month_ / std::chrono::last).day());
  out.day_ = static_cast<std::uint8_t>(std::min<unsigned>(day_, last));
  return out;
}

std::optional<Temporal> Temporal::plus_milliseconds(std::int64_t milliseconds) const {
  constexpr std::int64_t kMost = std::int64_t{366} * 10'000 * 86'400'000;
  if (std::abs(milliseconds) > kMost) return std::nullopt;
  Temporal out = *this;
  if (kind_ == Kind::time) {  // a clock goes round
    const std::int64_t moved = nanoseconds() + milliseconds % 86'400'000 * 1'000'000;
    out.set_nanoseconds(moved);
    return out.time_of_day();
  }
  // Nanoseconds since 1970 reach from 1677 to 2262 only: whole days are moved apart.
  const std::int64_t days = floor_division(milliseconds, 86'400'000);
  const Int128 moved = static_cast<Int128>((hour_ * 60 + minute_) * kNanosecondsOfMinute +
                                           second_ * kNanosecondsOfSecond + nanosecond_) +
                       static_cast<Int128>(milliseconds - days * 86'400'000) * 1'000'000;
  const auto extra = static_cast<std::int64_t>(moved / kNanosecondsOfDay);
  const auto date = std::chrono::sys_days(year{year_} / month_ / day_) + std::chrono::days(days + extra);
  const std::chrono::year_month_day ymd{date};
  if (int(ymd.year()) < 1 || int(ymd.year()) > 9999) return std::nullopt;
  out.set_nanoseconds(static_cast<std::int64_t>(moved % kNanosecondsOfDay));
  out.year_ = static_cast<std::int16_t>(int(ymd.year()));
  out.month_ = static_cast<std::uint8_t>(unsigned(ymd.month()));
  out.day_ = static_cast<std::uint8_t>(unsigned(ymd.day()));
  return out;
}

Temporal Temporal::in_utc() const {
  if (!has_offset_ || offset_ == 0) return *this;
  Temporal out = plus_milliseconds(-std::int64_t{offset_} * 60'000).value_or(*this);
  out.offset_ = 0;
  return out;
}

namespace {
/// Two values whose offsets are alike, or both unknown.
template <class Fields>
std::partial_ordering compare_fields(const Fields& a, Precision a_precision, const Fields& b, Precision b_precision) {
  const auto coarse = [](Precision p) { return std::min(p, Precision::second); };
  const auto shared = static_cast<std::size_t>(std::min(coarse(a_precision), coarse(b_precision)));
  for (std::size_t i = 0; i <= shared; ++i)
    if (a[i] != b[i]) return a[i] <=> b[i];
  return coarse(a_precision) == coarse(b_precision) ? std::partial_ordering::equivalent
                                                    : std::partial_ordering::unordered;
}
}  // namespace

std::partial_ordering compare(const Temporal& left, const Temporal& right) {
  const auto fields = [](const Temporal& t) {
    return std::array<std::int64_t, 6>{t.year_, t.month_,  t.day_,
                                       t.hour_, t.minute_, t.second_ * kNanosecondsOfSecond + t.nanosecond_};
  };
  const auto whole = [&](const Temporal& a, const Temporal& b) {
    return compare_fields(fields(a), a.precision_, fields(b), b.precision_);
  };
  if (left.has_offset_ == right.has_offset_) return whole(left.in_utc(), right.in_utc());
  // A date has no zone: it is compared with the date that the other one shows.
  if (std::min(left.precision_, right.precision_) < Precision::hour) return whole(left, right);
  // One offset is unknown: certain only when every offset on earth gives the same answer.
  const auto moved = [](const Temporal& t, Edge edge, std::int64_t minutes) {
    Temporal out = *t.boundary(edge, 17);
    out.has_offset_ = false, out.offset_ = 0;
    return out.plus_milliseconds(minutes * 60'000).value_or(out);
  };
  Temporal known = (left.has_offset_ ? left : right).in_utc();
  known.has_offset_ = false;
  const Temporal& other = left.has_offset_ ? right : left;
  std::partial_ordering order = std::partial_ordering::unordered;
  if (whole(known, moved(other, Edge::low, -kMostEast)) < 0) order = std::partial_ordering::less;
  if (whole(known, moved(other, Edge::high, kMostWest)) > 0) order = std::partial_ordering::greater;
  return left.has_offset_ ? order : 0 <=> order;
}

bool equivalent(const Temporal& a, const Temporal& b) {
  const auto coarse = [](Precision p) { return std::min(p, Precision::second); };
  return coarse(a.precision_) == coarse(b.precision_) && compare(a, b) == 0;
}

}  // namespace varde::fhirpath
