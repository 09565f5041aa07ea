/// Date search: https://hl7.org/fhir/R4/search.html#date and #prefix
/// A date without zone is one of the deployment's, in resources and in queries alike: "Where the resource or the query
/// carries no zone, the server's local time zone applies."
#include <algorithm>
#include <array>

#include "server/search/value.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;
using time::read_span;
using time::Zone;
using namespace std::chrono;

constexpr Instant kEarliest{sys_days{year{1} / 1 / 1}};
constexpr Instant kLatest{sys_days{year{9999} / 12 / 31} + days(1)};

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

std::optional<DateSpan> period_span(Element period, const Zone& zone) {
  const auto start = read_span(period["start"].value(), zone), end = read_span(period["end"].value(), zone);
  if (!start && !end) return std::nullopt;
  const DateSpan span{start ? start->begin : kEarliest, end ? end->end : kLatest};
  return span.begin < span.end ? std::optional(span) : std::nullopt;
}

/// From the first to the last of what a Timing names (R4 search, "Timing").
std::optional<DateSpan> timing_span(Element timing, const Zone& zone) {
  std::optional<DateSpan> out;
  const auto widen = [&out](std::optional<DateSpan> span) {
    if (!span) return;
    out = out ? DateSpan{std::min(out->begin, span->begin), std::max(out->end, span->end)} : *span;
  };
  for (const Element event : timing.each("event")) widen(read_span(event.value(), zone));
  widen(period_span(timing["repeat"]["boundsPeriod"], zone));
  return out;
}

}  // namespace

void index_date(Element element, ParameterKey key, ParameterKey long_key, const Zone& zone, IndexRows& rows) {
  static const TypeId kPeriod = fhir::find_type("Period"), kTiming = fhir::find_type("Timing");
  const auto span = element.has_value()         ? read_span(element.value(), zone)
                    : element.type() == kPeriod ? period_span(element, zone)
                    : element.type() == kTiming ? timing_span(element, zone)
                                                : std::nullopt;
  if (span) add(*span, key, long_key, rows);
}

Result<DateValue> parse_date_value(std::string_view text, std::string_view parameter, Instant now, const Zone& zone) {
  DateValue out;
  if (text.size() > 2 && text[0] >= 'a' && text[0] <= 'z') {
    const auto found = std::ranges::find(kPrefixes, text.substr(0, 2), &PrefixRow::text);
    if (found == kPrefixes.end())
      return fail(Fault::parameter_malformed, "A date's prefix is one of eq ne gt lt ge le sa eb ap.",
                  std::string(parameter));
    out.prefix = found->prefix;
    text.remove_prefix(2);
  }
  std::string written(text);
  std::ranges::replace(written, ' ', '+');  // what a form makes of a plus sign
  const auto span = read_span(written, zone);
  if (!span)
    return fail(
        Fault::parameter_malformed,
        "A date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.fff]] with Z or +hh:mm, after an optional "
        "prefix; hours go from 00 to 23. In a URL the plus sign is written %2B.",
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
