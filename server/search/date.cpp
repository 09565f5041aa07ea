/// Date search: https://hl7.org/fhir/R4/search.html#date and #prefix
/// A time without zone is taken as UTC, in resources and in queries alike.
#include <algorithm>
#include <array>

#include "server/search/value.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;
using namespace std::chrono;

constexpr Instant kEarliest{sys_days{year{1} / 1 / 1}};
constexpr Instant kLatest{sys_days{year{9999} / 12 / 31} + days(1)};

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
};

struct PrefixRow {
  std::string_view text;
  Prefix prefix;
};
constexpr std::array kPrefixes{PrefixRow{"eq", Prefix::eq}, PrefixRow{"ne", Prefix::ne}, PrefixRow{"gt", Prefix::gt},
                               PrefixRow{"lt", Prefix::lt}, PrefixRow{"ge", Prefix::ge}, PrefixRow{"le", Prefix::le},
                               PrefixRow{"sa", Prefix::sa}, PrefixRow{"eb", Prefix::eb}, PrefixRow{"ap", Prefix::ap}};

void add(DateSpan span, ParameterKey key, ParameterKey long_key, IndexRows& rows) {
  rows.dates.push_back({span.end - span.begin > kShortSpan ? long_key : key, span.begin, span.end});
}

std::optional<DateSpan> period_span(Element period) {
  const auto start = date_span(period["start"].value()), end = date_span(period["end"].value());
  if (!start && !end) return std::nullopt;
  const DateSpan span{start ? start->begin : kEarliest, end ? end->end : kLatest};
  return span.begin < span.end ? std::optional(span) : std::nullopt;
}

/// From the first to the last of what a Timing names (R4 search, "Timing").
std::optional<DateSpan> timing_span(Element timing) {
  std::optional<DateSpan> out;
  const auto widen = [&out](std::optional<DateSpan> span) {
    if (!span) return;
    out = out ? DateSpan{std::min(out->begin, span->begin), std::max(out->end, span->end)} : *span;
  };
  for (const Element event : timing.each("event")) widen(date_span(event.value()));
  widen(period_span(timing["repeat"]["boundsPeriod"]));
  return out;
}

}  // namespace

std::optional<DateSpan> date_span(std::string_view text) {
  Digits in{text};
  const int y = in.number(4);
  if (!in.ok || y < 1) return std::nullopt;
  if (in.text.empty()) return DateSpan{sys_days{year{y} / 1 / 1}, sys_days{year{y + 1} / 1 / 1}};
  if (!in.skip('-')) return std::nullopt;
  const int m = in.number(2);
  if (!in.ok || m < 1 || m > 12) return std::nullopt;
  const year_month month = year{y} / std::chrono::month{static_cast<unsigned>(m)};
  if (in.text.empty()) return DateSpan{sys_days{month / 1}, sys_days{(month + months(1)) / 1}};
  if (!in.skip('-')) return std::nullopt;
  const year_month_day date = month / day{static_cast<unsigned>(in.number(2))};
  if (!in.ok || !date.ok()) return std::nullopt;
  const Instant midnight = sys_days{date};
  if (in.text.empty()) return DateSpan{midnight, midnight + days(1)};

  if (!in.skip('T')) return std::nullopt;
  const int h = in.number(2);
  if (!in.skip(':')) return std::nullopt;
  const int minute = in.number(2);
  if (!in.ok || h > 24 || minute > 59 || (h == 24 && minute > 0)) return std::nullopt;
  Instant at = midnight + hours(h) + minutes(minute);
  microseconds precision = minutes(1);
  if (in.skip(':')) {
    const int second = in.number(2);
    if (!in.ok || second > 60) return std::nullopt;
    at += seconds(second), precision = seconds(1);
    if (in.skip('.')) {
      if (in.text.empty() || in.text.front() < '0' || in.text.front() > '9') return std::nullopt;
      while (!in.text.empty() && in.text.front() >= '0' && in.text.front() <= '9') {
        const int digit = in.number(1);
        if (precision > microseconds(1)) precision /= 10, at += digit * precision;
      }
    }
  }
  if (in.text.empty() || in.text == "Z") return DateSpan{at, at + precision};
  const bool west = in.text.front() == '-';
  if (!west && in.text.front() != '+' && in.text.front() != ' ') return std::nullopt;  // a '+' that a form made a blank
  in.text.remove_prefix(1);
  const int zone_hours = in.number(2);
  if (!in.skip(':')) return std::nullopt;
  const int zone_minutes = in.number(2);
  if (!in.ok || !in.text.empty() || zone_hours > 14 || zone_minutes > 59) return std::nullopt;
  const auto zone = hours(zone_hours) + minutes(zone_minutes);
  at = west ? at + zone : at - zone;
  return DateSpan{at, at + precision};
}

void index_date(Element element, ParameterKey key, ParameterKey long_key, IndexRows& rows) {
  static const TypeId kPeriod = fhir::find_type("Period"), kTiming = fhir::find_type("Timing");
  const auto span = element.has_value()         ? date_span(element.value())
                    : element.type() == kPeriod ? period_span(element)
                    : element.type() == kTiming ? timing_span(element)
                                                : std::nullopt;
  if (span) add(*span, key, long_key, rows);
}

Result<DateValue> parse_date_value(std::string_view text, std::string_view parameter, Instant now) {
  DateValue out;
  if (text.size() > 2 && text[0] >= 'a' && text[0] <= 'z') {
    const auto found = std::ranges::find(kPrefixes, text.substr(0, 2), &PrefixRow::text);
    if (found == kPrefixes.end())
      return fail(Fault::parameter_malformed, "A date's prefix is one of eq ne gt lt ge le sa eb ap.",
                  std::string(parameter));
    out.prefix = found->prefix;
    text.remove_prefix(2);
  }
  const auto span = date_span(text);
  if (!span)
    return fail(
        Fault::parameter_malformed,
        "A date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.fff]] with Z or +hh:mm, after an optional "
        "prefix. In a URL the plus sign is written %2B.",
        std::string(parameter));
  out.span = *span;
  if (out.prefix == Prefix::ap) {  // within a tenth of the distance from now
    const auto slack = std::max(span->begin > now ? span->begin - now : now - span->begin, microseconds(0)) / 10;
    out.span = {std::max(span->begin - slack, kEarliest), std::min(span->end + slack, kLatest)};
  }
  return out;
}

bool DateValue::matches(DateSpan target) const {
  const bool contained = span.begin <= target.begin && target.end <= span.end;
  switch (prefix) {
    case Prefix::eq: return contained;
    case Prefix::ne: return !contained;
    case Prefix::gt: return target.end > span.end;
    case Prefix::lt: return target.begin < span.begin;
    case Prefix::ge: return contained || target.end > span.end;
    case Prefix::le: return contained || target.begin < span.begin;
    case Prefix::sa: return target.begin >= span.end;
    case Prefix::eb: return target.end <= span.begin;
    case Prefix::ap: return target.begin < span.end && span.begin < target.end;
  }
  return false;
}

}  // namespace varde::search
