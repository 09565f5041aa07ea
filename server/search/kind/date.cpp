/// Date search: https://hl7.org/fhir/R4/search.html#date and #prefix
/// A date without zone is one of the deployment's, in resources and in queries alike: "Where the resource or the query
/// carries no zone, the server's local time zone applies."
#include <algorithm>

#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;
using time::read_span;
using time::Zone;
using namespace std::chrono;

constexpr Instant kEarliest{sys_days{year{1} / 1 / 1}};
constexpr Instant kLatest{sys_days{year{9999} / 12 / 31} + days(1)};

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

std::vector<Range> ranges_of(const std::vector<ParameterKey>& keys, const std::vector<ParameterKey>& long_keys,
                             const DateValue* value, storage::PatientKey patient) {
  std::vector<Range> out;
  const auto add = [&](ParameterKey key, bool is_short) {
    Range one = patient == storage::PatientKey::none
                    ? Range{Walk::date, {cell(key)}, {}, {}, false}
                    : Range{Walk::date_of_patient, {cell(key), cell(patient)}, {}, {}, false};
    if (value) {
      const BeginBounds bounds = begin_bounds(*value, is_short);
      one.from = bounds.from, one.until = bounds.until;
    }
    out.push_back(std::move(one));
  };
  for (const ParameterKey key : keys) add(key, true);
  for (const ParameterKey key : long_keys) add(key, false);
  return out;
}

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking& asking) {
  auto value = parse_date_value(restored(text), criterion.parameter->code, asking.now, asking.snapshot.zone());
  FHIR_TRY(value);
  criterion.values.emplace_back(*value);
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey patient, std::vector<Range>& out) {
  for (Range& one : ranges_of(criterion.keys, criterion.long_keys, &std::get<DateValue>(value), patient))
    out.push_back(std::move(one));
}

void state(const DateValue& value, ParameterKey key, bool is_short, std::vector<Condition>& out) {
  using Column = Also::Column;
  const Cell begin = cell(value.span.begin), end = cell(value.span.end);
  Range any{Walk::date, {cell(key)}};
  Range bounded = any;
  const BeginBounds bounds = begin_bounds(value, is_short);
  bounded.from = bounds.from, bounded.until = bounds.until;
  const auto add = [&](const Range& range, std::vector<Also> also) {
    out.push_back(row_condition(range, std::move(also)));
  };
  const Also within{Column::end, Also::Is::at_most, end}, later{Column::end, Also::Is::above, end},
      after_begin{Column::end, Also::Is::above, begin};
  Range contained = any;
  contained.from = begin, contained.until = end;
  switch (value.prefix) {
    case Prefix::eq: return add(bounded, {within});
    case Prefix::ne: {
      Range earlier = any;
      earlier.until = begin;
      return add(earlier, {}), add(any, {later});
    }
    case Prefix::gt: return add(bounded, {later});
    case Prefix::ge: return add(bounded, {later}), add(contained, {within});
    case Prefix::lt:
    case Prefix::sa: return add(bounded, {});
    case Prefix::le: {
      Range earlier = any;
      earlier.until = begin;
      return add(earlier, {}), add(contained, {within});
    }
    case Prefix::eb: return add(bounded, {{Column::end, Also::Is::at_most, begin}});
    case Prefix::ap: return add(bounded, {after_begin});
  }
}

bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  const auto& date = std::get<DateValue>(value);
  for (const ParameterKey key : criterion.keys) state(date, key, true, out);
  for (const ParameterKey key : criterion.long_keys) state(date, key, false, out);
  return true;
}

void all(const Parameter& parameter, const Value* bound, storage::PatientKey patient, std::vector<Range>& out) {
  const DateValue* const date = bound ? &std::get<DateValue>(*bound) : nullptr;
  for (Range& one : ranges_of(parameter.keys, parameter.long_keys, date, patient)) out.push_back(std::move(one));
}

}  // namespace

BeginBounds begin_bounds(const DateValue& value, bool is_short) {
  const Instant begin = value.span.begin, end = value.span.end;
  BeginBounds out;
  const auto from = [&](Instant at) { out.from = cell(at); };
  const auto until = [&](Instant at) { out.until = cell(at); };
  switch (value.prefix) {
    case Prefix::eq: from(begin), until(end); break;
    case Prefix::ne: break;
    case Prefix::gt:
      if (is_short) from(end - kShortSpan);
      break;
    case Prefix::ge:
      if (is_short) from(std::min(begin, end - kShortSpan));
      break;
    case Prefix::lt: until(begin); break;
    case Prefix::le: until(end); break;
    case Prefix::sa: from(end); break;
    case Prefix::eb: until(begin); break;
    case Prefix::ap:
      until(end);
      if (is_short) from(begin - kShortSpan);
      break;
  }
  return out;
}

void index_date(Element element, const Indexing& to) {
  const Zone& zone = to.zone;
  static const TypeId kPeriod = fhir::find_type("Period"), kTiming = fhir::find_type("Timing");
  const auto span = element.has_value()         ? read_span(element.value(), zone)
                    : element.type() == kPeriod ? period_span(element, zone)
                    : element.type() == kTiming ? timing_span(element, zone)
                                                : std::nullopt;
  if (span) add(*span, to.parameter.own_key, to.parameter.long_key, to.rows);
}

Result<DateValue> parse_date_value(std::string_view text, std::string_view parameter, Instant now, const Zone& zone) {
  DateValue out;
  auto prefix = take_prefix(text, parameter);
  FHIR_TRY(prefix);
  out.prefix = *prefix;
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

bool DateValue::matches(const IndexEntry& entry) const {
  const auto instant = [](std::int64_t at) { return Instant(microseconds(at)); };
  return entry.kind == storage::EntryKind::date && matches(DateSpan{instant(entry.first), instant(entry.second)});
}

const Kind kDate{.kind = fhir::SearchKind::date,
                 .modifiers = "",
                 .index = index_date,
                 .read = read,
                 .ranges = ranges,
                 .state = state,
                 .has_long_rows = true,
                 .order = Order::walked_by_patient,
                 .all = all};

}  // namespace varde::search
