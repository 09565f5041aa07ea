#include "server/followup/instant.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "fhir-model/time/span.h"
#include "fhir-model/time/text.h"
#include "fhir-model/view/observation.h"

namespace varde::followup {

namespace {

constexpr std::size_t kYear = 4, kMonth = 7, kDay = 10;  ///< characters of a literal that is no more exact

}  // namespace

Result<Instant> parse_instant(std::string_view text, const time::Zone& zone) {
  const auto span = time::read_span(text, zone);
  if (!span) return fail(Fault::value_malformed, "a FHIR date or time is expected, such as 2026-11-22T08:30:00+01:00");
  return span->begin;
}

std::string format_date(Instant time, const time::Zone& zone) { return time::fhir_date(time, zone); }

std::string in_words(std::string_view text, const time::Zone& zone) {
  constexpr std::array<std::string_view, 12> kMonths{"januar",    "februar", "mars",     "april",
                                                     "mai",       "juni",    "juli",     "august",
                                                     "september", "oktober", "november", "desember"};
  const auto at = parse_instant(text, zone);
  if (!at) return {};
  if (text.size() > kDay) return time::norwegian_text(*at, zone);
  const auto year = text.substr(0, kYear);
  if (text.size() < kMonth) return std::string(year);
  if (text.size() == kDay) return fmt::format("{}.{}.{}", text.substr(8, 2), text.substr(5, 2), year);
  std::size_t month = 0;
  std::from_chars(text.data() + kYear + 1, text.data() + kMonth, month);  // read_span has taken it for one of twelve
  return fmt::format("{} {}", kMonths.at(month - 1), year);
}

std::string_view measured_text(fhir::Element observation) {
  const auto measured = fhir::view::Observation::of(observation);
  const auto effective = measured.effective();
  std::string_view text = effective.element().value();  // of a dateTime or an instant
  if (text.empty()) text = effective.period().end();
  if (text.empty()) text = effective.period().start();
  if (text.empty()) text = effective.timing().event().front();
  if (text.empty()) text = measured.issued();
  return text;
}

bool is_without_clock(fhir::Element observation) {
  const auto text = measured_text(observation);
  return !text.empty() && text.size() <= kDay;
}

std::optional<Instant> measured_at(fhir::Element observation, const time::Zone& zone) {
  const auto span = time::read_span(measured_text(observation), zone);
  if (!span) return std::nullopt;
  return is_without_clock(observation) ? span->end - std::chrono::microseconds{1} : span->begin;
}

std::optional<Instant> measured_from(fhir::Element observation, const time::Zone& zone) {
  const auto span = time::read_span(measured_text(observation), zone);
  return span ? std::optional<Instant>(span->begin) : std::nullopt;
}

std::optional<Instant> measured_before(fhir::Element observation, const time::Zone& zone) {
  const auto measured = fhir::view::Observation::of(observation);
  const auto effective = measured.effective();
  std::string_view text = effective.element().value();
  if (text.empty()) text = effective.period().end();
  if (text.empty() && effective.period().start().has_value()) return std::nullopt;
  for (const auto event : effective.timing().event()) text = event;  // the last of them
  if (text.empty()) text = measured.issued();
  const auto span = time::read_span(text, zone);
  return span ? std::optional<Instant>(span->end) : std::nullopt;
}

Instant received_at(fhir::Element observation) {
  return parse_instant(fhir::view::Observation::of(observation).meta().last_updated()).value_or(Instant{});
}

bool is_ahead_of_time(fhir::Element observation, const time::Zone& zone) {
  const auto effective = fhir::view::Observation::of(observation).effective();
  std::string_view text = effective.element().value();
  if (text.empty()) text = effective.period().start();  // the day's steps may be counted until midnight
  if (text.empty()) text = effective.period().end();
  if (text.empty()) text = effective.timing().event().front();
  const auto time = parse_instant(text, zone);
  return time && *time > received_at(observation) + kClocksDiffer;
}

Bounds bounds_of(fhir::view::Period period, const time::Zone& zone) {
  Bounds bounds;
  if (const auto start = time::read_span(period.start(), zone)) bounds.from = start->begin;
  if (const auto end = time::read_span(period.end(), zone)) bounds.to = end->end;
  return bounds;
}

Instant day_of(Instant at, const time::Zone& zone) {
  return zone.instant(std::chrono::floor<std::chrono::days>(zone.wall(at)));
}

}  // namespace varde::followup
