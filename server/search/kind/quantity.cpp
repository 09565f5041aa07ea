/// Quantity search: https://hl7.org/fhir/R4/search.html#quantity
/// Where system and code are UCUM's, any unit of the same dimension is found: numbers of the very unit that is asked
/// for are compared exactly, those of others in their canonical unit, by 14 significant digits. A code that is not
/// UCUM, and one without system, means those words and nothing else; `5.4||mg` are code or unit. A Quantity with a
/// comparator is the range of what it may be: <5 is everything below 5. SampledData is the range of its samples, Money
/// a quantity in its currency (urn:iso:std:iso:4217).
#include <cstdlib>

#include "fhir-model/fhirpath/decimal.h"
#include "fhir-model/ucum/ucum.h"
#include "server/search/kind/number.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;
using fhirpath::Decimal;
using storage::EntryKind;

constexpr std::int64_t kNoUnit = -1;  // that any row has
constexpr std::string_view kUcum = "http://unitsofmeasure.org", kCurrency = "urn:iso:std:iso:4217";

Side opposite(Side side) { return side == Side::below ? Side::above : side == Side::above ? Side::below : Side::exact; }

/// Of a logarithm's negative such as pH: more of the unit is less of the canonical one.
bool is_reversed(std::string_view code) {
  const auto one = fhir::to_canonical(1, code), two = fhir::to_canonical(2, code);
  return one && two && one->value > two->value;
}

struct Ends {
  NumberEnd low, high;
};

/// The same ends in the unit's canonical form, where it has one.
void make_canonical(const Ends& ends, IndexRows::Number& row) {
  if (row.system != kUcum || row.code.empty()) return;
  const auto end_of = [&](NumberEnd end, std::string_view without, bool reversed) {
    if (end.decimal.empty()) return std::string(without);
    const auto canonical = fhir::to_canonical(std::strtod(std::string(end.decimal).c_str(), nullptr), row.code);
    if (canonical) row.canonical_unit = canonical->unit;
    return canonical ? sortable(canonical->value, reversed ? opposite(end.side) : end.side) : std::string();
  };
  const bool single = ends.low.decimal == ends.high.decimal && ends.low.side == ends.high.side;
  if (single) {
    row.canonical_low = end_of(ends.low, {}, false);
    row.canonical_high = row.canonical_low;
    return;
  }
  const bool reversed = is_reversed(row.code);
  row.canonical_low = end_of(reversed ? ends.high : ends.low, kLowest, reversed);
  row.canonical_high = end_of(reversed ? ends.low : ends.high, kHighest, reversed);
}

void add(const Ends& ends, std::string_view system, std::string_view code, std::string_view unit, Element element,
         const Indexing& to) {
  IndexRows::Number row;
  row.system = system, row.code = code, row.unit = unit, row.position = element.parent().node();
  make_canonical(ends, row);
  add_number(ends.low, ends.high, std::move(row), to);
}

void add(const Ends& ends, Element quantity, Element element, const Indexing& to) {
  add(ends, quantity["system"].value(), quantity["code"].value(), quantity["unit"].value(), element, to);
}

Ends ends_of(Element quantity) {
  const std::string_view value = quantity["value"].value(), comparator = quantity["comparator"].value();
  if (comparator == "<") return {{}, {value, Side::below}};
  if (comparator == "<=") return {{}, {value}};
  if (comparator == ">=") return {{value}, {}};
  if (comparator == ">") return {{value, Side::above}, {}};
  return {{value}, {value}};
}

/// https://hl7.org/fhir/R4/datatypes.html#SampledData: decimals, and E (no value), L and U (beyond what can be
/// measured).
void add_samples(Element sampled, const Indexing& to) {
  std::optional<Decimal> least, most;
  bool no_least = false, no_most = false;
  for (std::string_view rest = sampled["data"].value(); !rest.empty();) {
    const std::size_t end = rest.find(' ');
    const std::string_view sample = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    no_least = no_least || sample == "L", no_most = no_most || sample == "U";
    const auto number = Decimal::parse(sample);
    if (!number) continue;
    if (!least || *number < *least) least = number;
    if (!most || *number > *most) most = number;
  }
  const auto origin = Decimal::parse(sampled["origin"]["value"].value());
  const auto factor = sampled["factor"] ? Decimal::parse(sampled["factor"].value()) : Decimal(1);
  const auto measured = [&](const std::optional<Decimal>& sample) -> std::string {
    if (!sample || !origin || !factor) return {};
    const auto scaled = multiply(*sample, *factor);
    const auto value = scaled ? add(*scaled, *origin) : std::nullopt;
    return value ? value->text() : std::string();
  };
  if (factor && factor->is_negative()) std::swap(least, most);
  const std::string low = measured(least), high = measured(most);
  if (low.empty() || high.empty()) return;
  add({{no_least ? std::string_view() : low}, {no_most ? std::string_view() : high}}, sampled["origin"], sampled, to);
}

struct Types {
  TypeId quantity = fhir::find_type("Quantity"), range = fhir::find_type("Range"), money = fhir::find_type("Money"),
         sampled = fhir::find_type("SampledData");
};

Prefix reversed(Prefix prefix) {
  switch (prefix) {
    case Prefix::gt: return Prefix::lt;
    case Prefix::lt: return Prefix::gt;
    case Prefix::ge: return Prefix::le;
    case Prefix::le: return Prefix::ge;
    case Prefix::sa: return Prefix::eb;
    case Prefix::eb: return Prefix::sa;
    default: return prefix;
  }
}

std::optional<QuantityValue::Canonical> canonical_of(const NumberAsked& asked, const std::string& code,
                                                     const storage::Snapshot& snapshot) {
  const auto canonical = [&](Exact number) { return fhir::to_canonical(approximately(number), code); };
  const auto low = canonical(asked.low), number = canonical(asked.number), high = canonical(asked.high);
  if (!low || !number || !high) return {};
  QuantityValue::Canonical out;
  out.unit = storage::find_symbol(snapshot, number->unit).value_or(kNoUnit), out.number.prefix = asked.prefix;
  out.number.span = {sortable(low->value), sortable(number->value), sortable(high->value, asked.high_side)};
  if (is_reversed(code)) {
    out.number.prefix = reversed(asked.prefix);
    out.number.span.low = sortable(high->value, opposite(asked.high_side));
    out.number.span.high = sortable(low->value);
  }
  return out;
}

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking& asking) {
  auto value = parse_quantity(text, criterion.parameter->code, asking.snapshot);
  FHIR_TRY(value);
  criterion.values.emplace_back(std::move(*value));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  const auto& quantity = std::get<QuantityValue>(value);
  if (!quantity.system_known) return;
  if (quantity.canonical)
    add_number_ranges(criterion.keys, criterion.long_keys, quantity.canonical->number, quantity.canonical->unit, out);
  else
    add_number_ranges(criterion.keys, criterion.long_keys, quantity.number, 0, out);
}

/// Without a unit a quantity is a number; units stand in the entries.
bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  const auto& quantity = std::get<QuantityValue>(value);
  if (quantity.system || quantity.code || !quantity.system_known) return false;
  add_number_conditions(criterion, quantity.number, out);
  return true;
}

}  // namespace

void index_quantity(Element element, const Indexing& to) {
  static const Types kTypes;
  const TypeId type = element.type();
  if (type == kTypes.range) {
    const Element low = element["low"], high = element["high"];  // of one unit, by R4
    return add({{low["value"].value()}, {high["value"].value()}}, low ? low : high, element, to);
  }
  if (type == kTypes.sampled) return add_samples(element, to);
  if (type == kTypes.money) {
    const std::string_view value = element["value"].value(), currency = element["currency"].value();
    return add({{value}, {value}}, currency.empty() ? "" : kCurrency, currency, {}, element, to);
  }
  if (fhir::derives_from(type, kTypes.quantity) && element["value"]) add(ends_of(element), element, element, to);
}

Result<QuantityValue> parse_quantity(std::string_view text, std::string_view parameter,
                                     const storage::Snapshot& snapshot) {
  const std::size_t first = text.find('|');
  const std::size_t second = first == std::string_view::npos ? first : text.find('|', first + 1);
  const auto asked = read_number(text.substr(0, first), parameter);
  FHIR_TRY(asked);
  QuantityValue out;
  out.number = value_of(*asked);
  if (first == std::string_view::npos) return out;
  const std::string system =
      restored(text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
  std::string code = second == std::string_view::npos ? std::string() : restored(text.substr(second + 1));
  if ((system.empty() && code.empty()) || code.find('|') != std::string::npos)
    return fail(
        Fault::parameter_malformed,
        "A quantity is [number], [number]|[system]|[code] or [number]||[code or unit]; a prefix may stand before "
        "the number.",
        std::string(parameter));
  if (!code.empty()) out.code = std::move(code);
  if (system.empty()) return out;
  out.system = storage::find_symbol(snapshot, system);
  out.system_known = out.system.has_value();
  if (system == kUcum && out.code) out.canonical = canonical_of(*asked, *out.code, snapshot);
  return out;
}

bool QuantityValue::matches(const IndexEntry& entry) const {
  if (entry.kind != EntryKind::number || !system_known) return false;
  const storage::NumberEntry target = storage::number_of(entry);
  const auto exact = [&] { return number.span.matches(number.prefix, target.low, target.high); };
  if (!system) return (!code || target.code == *code || target.unit == *code) && exact();
  if (target.system == *system && (!code || target.code == *code)) return exact();
  return canonical && entry.first == canonical->unit &&
         canonical->number.span.matches(canonical->number.prefix, target.canonical_low, target.canonical_high);
}

const Kind kQuantity{.kind = fhir::SearchKind::quantity,
                     .modifiers = "",
                     .index = index_quantity,
                     .read = read,
                     .ranges = ranges,
                     .state = state,
                     .has_long_rows = true,
                     .order = Order::gathered};

}  // namespace varde::search
