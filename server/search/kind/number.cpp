/// Number search: https://hl7.org/fhir/R4/search.html#number
/// A stored number is exactly what it says; a searched one without prefix, and with ne, is the range of its precision.
/// Ranges and numbers that are only bounds stand under a key of their own, so that a single number is found by one
/// range of the index whatever the prefix.
#include "server/search/kind/number.h"

namespace varde::search {
namespace {

using storage::EntryKind;

/// The first and last place that a row's low end may have; empty: any.
struct Bounds {
  std::optional<Cell> from, until;
};
Bounds low_bounds(const NumberValue& value, bool single) {
  const auto at_least = [](std::string_view text) { return Cell(on_side(std::string(text), Side::below)); };
  const auto at_most = [](std::string_view text) { return Cell(next_to(on_side(std::string(text), Side::above))); };
  const auto& [low, number, high] = value.span;
  switch (value.prefix) {
    case Prefix::eq: return {at_least(low), at_most(high)};
    case Prefix::ne: return {};
    case Prefix::gt:
    case Prefix::ge: return single ? Bounds{at_least(number), {}} : Bounds{};
    case Prefix::sa: return {at_least(number), {}};
    case Prefix::lt:
    case Prefix::le:
    case Prefix::eb: return {{}, at_most(number)};
    case Prefix::ap: return single ? Bounds{at_least(low), at_most(high)} : Bounds{{}, at_most(high)};
  }
  return {};
}

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking&) {
  auto value = parse_number(restored(text), criterion.parameter->code);
  FHIR_TRY(value);
  criterion.values.emplace_back(std::move(*value));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  add_number_ranges(criterion.keys, criterion.long_keys, std::get<NumberValue>(value), 0, out);
}

bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  add_number_conditions(criterion, std::get<NumberValue>(value), out);
  return true;
}

void all(const Parameter& parameter, const Value*, storage::PatientKey, std::vector<Range>& out) {
  NumberValue any;
  any.prefix = Prefix::ne;
  add_number_ranges(parameter.keys, parameter.long_keys, any, 0, out);
}

}  // namespace

void add_number(NumberEnd low, NumberEnd high, IndexRows::Number row, const Indexing& to) {
  row.low = low.decimal.empty() ? std::string(kLowest) : sortable(low.decimal, low.side);
  row.high = high.decimal.empty() ? std::string(kHighest) : sortable(high.decimal, high.side);
  if (row.low.empty() || row.high.empty() || (low.decimal.empty() && high.decimal.empty())) return;
  row.parameter = row.low == row.high ? to.parameter.own_key : to.parameter.long_key;
  to.rows.numbers.push_back(std::move(row));
}

void index_number(fhir::Element element, const Indexing& to) {
  IndexRows::Number row;
  row.position = element.parent().node();
  if (element.has_value()) return add_number({element.value()}, {element.value()}, std::move(row), to);
  // A Range of numbers, such as RiskAssessment.prediction.probability[x].
  add_number({element["low"]["value"].value()}, {element["high"]["value"].value()}, std::move(row), to);
}

Result<NumberAsked> read_number(std::string_view text, std::string_view parameter) {
  auto prefix = take_prefix(text, parameter);
  FHIR_TRY(prefix);
  const auto literal = read_literal(text);
  if (!literal)
    return fail(Fault::parameter_malformed,
                "A number is written like 100, -5.40 or 5.4e-3, after an optional prefix, with at most " +
                    std::to_string(kMostLiteralDigits) + " digits.",
                std::string(parameter));
  NumberAsked out{*prefix, literal->value, literal->low, literal->high, Side::below};
  if (*prefix == Prefix::ap && literal->value.digits != 0) {  // a tenth of it to either side
    const Exact less{literal->value.digits * 9, literal->value.exponent - 1},
        more{literal->value.digits * 11, literal->value.exponent - 1};
    const bool negative = literal->value.digits < 0;
    out.low = negative ? more : less, out.high = negative ? less : more, out.high_side = Side::exact;
  }
  return out;
}

NumberValue value_of(const NumberAsked& asked) {
  return {asked.prefix, {sortable(asked.low), sortable(asked.number), sortable(asked.high, asked.high_side)}};
}

Result<NumberValue> parse_number(std::string_view text, std::string_view parameter) {
  return read_number(text, parameter).map(value_of);
}

void add_number_ranges(const std::vector<ParameterKey>& keys, const std::vector<ParameterKey>& long_keys,
                       const NumberValue& value, std::int64_t unit, std::vector<Range>& out) {
  const auto add = [&](const std::vector<ParameterKey>& of, bool single) {
    const Bounds bounds = low_bounds(value, single);
    for (const ParameterKey key : of) {
      Range one{Walk::numbers};
      one.fixed.push_back(cell(key));
      one.fixed.emplace_back(unit);
      one.from = bounds.from, one.until = bounds.until;
      out.push_back(std::move(one));
    }
  };
  add(keys, true);
  add(long_keys, false);
}

void add_number_conditions(const Criterion& criterion, const NumberValue& value, std::vector<Condition>& out) {
  using Column = Also::Column;
  const std::string &low = value.span.low, &number = value.span.number, &high = value.span.high;
  const auto add = [&](ParameterKey key, std::vector<Also> also) {
    // Bounds on the low end are the range's; next_to: the texts of the index are compared by their bytes.
    Range range{Walk::numbers, {cell(key), std::int64_t{0}}};
    std::erase_if(also, [&](const Also& one) {
      if (one.column != Column::low) return false;
      const auto& text = std::get<std::string>(one.value);
      if (one.is == Also::Is::at_least) range.from = text;
      if (one.is == Also::Is::above) range.from = next_to(text);
      if (one.is == Also::Is::below) range.until = text;
      if (one.is == Also::Is::at_most) range.until = next_to(text);
      return true;
    });
    out.push_back(row_condition(std::move(range), std::move(also)));
  };
  const auto state = [&](ParameterKey key) {
    switch (value.prefix) {
      case Prefix::eq:
        return add(key, {{Column::low, Also::Is::at_least, low}, {Column::high, Also::Is::at_most, high}});
      case Prefix::ne:
        return add(key, {{Column::low, Also::Is::below, low}}), add(key, {{Column::high, Also::Is::above, high}});
      case Prefix::gt: return add(key, {{Column::high, Also::Is::above, number}});
      case Prefix::lt: return add(key, {{Column::low, Also::Is::below, number}});
      case Prefix::ge: return add(key, {{Column::high, Also::Is::at_least, number}});
      case Prefix::le: return add(key, {{Column::low, Also::Is::at_most, number}});
      case Prefix::sa: return add(key, {{Column::low, Also::Is::above, number}});
      case Prefix::eb: return add(key, {{Column::high, Also::Is::below, number}});
      case Prefix::ap:
        return add(key, {{Column::low, Also::Is::at_most, high}, {Column::high, Also::Is::at_least, low}});
    }
  };
  for (const ParameterKey key : criterion.keys) state(key);
  for (const ParameterKey key : criterion.long_keys) state(key);
}

bool NumberSpan::matches(Prefix prefix, std::string_view target_low, std::string_view target_high) const {
  const bool contained = low <= target_low && target_high <= high;
  switch (prefix) {
    case Prefix::eq: return contained;
    case Prefix::ne: return !contained;
    case Prefix::gt: return target_high > number;
    case Prefix::lt: return target_low < number;
    case Prefix::ge: return target_high >= number;
    case Prefix::le: return target_low <= number;
    case Prefix::sa: return target_low > number;
    case Prefix::eb: return target_high < number;
    case Prefix::ap: return target_low <= high && low <= target_high;
  }
  return false;
}

bool NumberValue::matches(const IndexEntry& entry) const {
  if (entry.kind != EntryKind::number) return false;
  const storage::NumberEntry target = storage::number_of(entry);
  return span.matches(prefix, target.low, target.high);
}

const Kind kNumber{.kind = fhir::SearchKind::number,
                   .modifiers = "",
                   .index = index_number,
                   .read = read,
                   .ranges = ranges,
                   .state = state,
                   .has_long_rows = true,
                   .order = Order::walked,
                   .all = all};

}  // namespace varde::search
