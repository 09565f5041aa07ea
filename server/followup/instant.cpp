#include "server/followup/instant.h"

#include <fmt/format.h>

#include <charconv>

#include "fhir-model/view/observation.h"

namespace varde::followup {

namespace {

using namespace std::chrono;

Failure malformed() {
  return {Fault::value_malformed, "a FHIR date or time is expected, such as 2026-11-22T08:30:00+01:00"};
}

/// Takes exactly `digits` digits, or says no.
std::optional<int> number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc{} || end != text.data() + digits || number < 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool skip(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<microseconds> take_fraction(std::string_view& text) {
  if (!skip(text, '.')) return microseconds{0};
  std::int64_t micros = 0, weight = 100'000;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), weight /= 10)
    micros += weight * (text.front() - '0');
  return microseconds{micros};
}

std::optional<minutes> take_zone(std::string_view& text) {
  if (skip(text, 'Z')) return minutes{0};
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hour = number(text, 2);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute || *hour > 14 || *minute > 59) return std::nullopt;
  const minutes offset = hours{*hour} + minutes{*minute};
  return west ? -offset : offset;
}

}  // namespace

Result<Instant> parse_instant(std::string_view text) {
  const auto bad = tl::unexpected(malformed());
  const auto y = number(text, 4);
  if (!y) return bad;
  auto m = std::optional(1), d = std::optional(1);
  if (skip(text, '-')) {
    m = number(text, 2);
    if (skip(text, '-')) d = number(text, 2);
  }
  if (!m || !d) return bad;
  const year_month_day date{year{*y}, month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return bad;
  Instant time = sys_days{date};
  if (text.empty()) return time;

  if (!skip(text, 'T')) return bad;
  const auto h = number(text, 2);
  if (!h || !skip(text, ':')) return bad;
  const auto min = number(text, 2);
  if (!min || !skip(text, ':')) return bad;
  const auto s = number(text, 2);
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  if (!s || !fraction || !zone || !text.empty() || *h > 23 || *min > 59 || *s > 60) return bad;
  return time + hours{*h} + minutes{*min} + seconds{*s} + *fraction - *zone;
}

std::string format_date(Instant time) {
  const year_month_day date{floor<days>(time)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::chrono::hours norwegian_offset(Instant time) {
  const auto y = year_month_day{floor<days>(time)}.year();
  const Instant summer = sys_days{y / March / Sunday[last]} + hours{1};
  const Instant winter = sys_days{y / October / Sunday[last]} + hours{1};
  return hours{time >= summer && time < winter ? 2 : 1};
}

std::optional<Instant> measured_at(fhir::Element observation) {
  const auto measured = fhir::view::Observation::of(observation);
  const auto effective = measured.effective();
  std::string_view text = effective.element().value();  // of a dateTime or an instant
  if (text.empty()) text = effective.period().end();
  if (text.empty()) text = effective.period().start();
  if (text.empty()) text = effective.timing().event().front();
  if (text.empty()) text = measured.issued();
  const auto time = parse_instant(text);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace varde::followup
