#include <algorithm>
#include <cmath>
#include <functional>

#include "fhir-model/fhirpath/operators.h"
#include "fhir-model/fhirpath/text.h"
#include "fhir-model/fhirpath/units.h"

namespace varde::fhirpath {
namespace {

using Truth = std::optional<bool>;

constexpr bool is_temporal(SystemType type) {
  return type == SystemType::date || type == SystemType::date_time || type == SystemType::time;
}
constexpr bool is_numeric(SystemType type) { return type == SystemType::integer || type == SystemType::decimal; }

/// A number is a Quantity of unit 1.
std::optional<Quantity> as_quantity(const Item& item) {
  if (item.is_number())
    if (const auto value = item.decimal()) return Quantity{*value, "1"};
  return item.quantity();
}

Truth truth_of(std::partial_ordering order) {
  return order == std::partial_ordering::unordered ? Truth() : Truth(order == 0);
}

/// Children in order, alike in name and value.
template <class Same>
bool alike(Element a, Element b, Same same) {
  if (a.has_value() != b.has_value()) return false;
  auto left = a.children().begin(), right = b.children().begin();
  const auto end = a.children().end();
  for (; left != end && right != end; ++left, ++right)
    if ((*left).name() != (*right).name() || !same(Item(*left), Item(*right))) return false;
  return left == end && right == end;
}

Truth equal_quantities(const Quantity& a, const Quantity& b) {
  const auto same = to_same_unit(a, b);
  if (same) return same->left == same->right;
  // Units of other measures are never equal; years beside UCUM's mean years cannot be told.
  return to_same_unit(a, b, MeanYears::yes) ? Truth() : Truth(false);
}

bool equivalent_decimals(const Decimal& a, const Decimal& b) {
  const int decimals = std::min(a.trimmed().decimals(), b.trimmed().decimals());
  return a.rounded(decimals) == b.rounded(decimals);
}

/// https://hl7.org/fhirpath/N1/#time-valued-quantities: years and months may be as good as 'a' and 'mo' here.
bool equivalent_quantities(const Quantity& a, const Quantity& b) {
  const auto same = to_same_unit(a, b, MeanYears::yes);
  return same && equivalent_decimals(same->left, same->right);
}

/// https://hl7.org/fhir/R4/fhirpath.html#equiv: a Coding is its code and system, whatever else it says.
bool equivalent_codings(Element a, Element b) {
  return a["code"].value() == b["code"].value() && a["system"].value() == b["system"].value();
}

/// Concepts are equivalent when any of their codings are; without codings, by what they say.
bool equivalent_concepts(Element a, Element b) {
  if (!a["coding"] && !b["coding"]) return folded(a["text"].value()) == folded(b["text"].value());
  for (const Element coding : a.each("coding"))
    for (const Element other : b.each("coding"))
      if (equivalent_codings(coding, other)) return true;
  return false;
}

/// Whether equivalent items must also be elements of one name: the family name is no given name.
enum class Places : std::uint8_t { any, same };

/// Every item has an equivalent one of its own on the other side, in any order.
bool pairs_up(std::span<const Item> a, std::span<const Item> b, Places places) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size());
  return std::ranges::all_of(a, [&](const Item& item) {
    for (std::size_t i = 0; i < b.size(); ++i) {
      const bool may_pair = places == Places::any || item.element().name() == b[i].element().name();
      if (used[i] || !may_pair || !equivalent(item, b[i])) continue;
      used[i] = true;
      return true;
    }
    return false;
  });
}

std::size_t mixed(std::size_t a, std::size_t b) { return a ^ (b + 0x9e3779b97f4a7c15 + (a << 6) + (a >> 2)); }

}  // namespace

Truth equal(const Item& a, const Item& b) {
  const SystemType left = a.system_type(), right = b.system_type();
  if (left == SystemType::string && right == SystemType::string)
    if (const auto x = a.string(), y = b.string(); x && y) return *x == *y;
  if (left == SystemType::boolean && right == SystemType::boolean)
    if (const auto x = a.boolean(), y = b.boolean(); x && y) return *x == *y;
  if (is_numeric(left) && is_numeric(right))
    if (const auto x = a.decimal(), y = b.decimal(); x && y) return *x == *y;
  if (is_temporal(left) && is_temporal(right))
    if (const auto x = a.temporal(), y = b.temporal(); x && y) {
      if ((left == SystemType::time) != (right == SystemType::time)) return false;
      return truth_of(compare(*x, *y));
    }
  if (left == SystemType::quantity || right == SystemType::quantity)
    if (const auto x = as_quantity(a), y = as_quantity(b); x && y) return equal_quantities(*x, *y);
  if (const auto* x = a.get<TypeInfo>(), *y = b.get<TypeInfo>(); x && y) return *x == *y;
  const Element x = a.element(), y = b.element();
  if (!x || !y) return false;
  if (x == y) return true;
  if (fhir::is_primitive(x.type()) != fhir::is_primitive(y.type())) return false;
  if (!fhir::is_primitive(x.type()) && x.type() != y.type()) return false;
  if (x.has_value() && x.value() != y.value()) return false;  // malformed for its type: by its letters
  return alike(x, y, [](const Item& m, const Item& n) { return equal(m, n) == true; });
}

Truth equal(std::span<const Item> a, std::span<const Item> b) {
  if (a.empty() || b.empty()) return {};
  if (a.size() != b.size()) return false;
  bool unknown = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Truth same = equal(a[i], b[i]);
    if (same == false) return false;
    unknown |= !same;
  }
  return unknown ? Truth() : Truth(true);
}

bool equivalent(const Item& a, const Item& b) {
  const SystemType left = a.system_type(), right = b.system_type();
  if (left == SystemType::string && right == SystemType::string)
    if (const auto x = a.string(), y = b.string(); x && y) return folded(*x) == folded(*y);
  if (is_numeric(left) && is_numeric(right))
    if (const auto x = a.decimal(), y = b.decimal(); x && y) return equivalent_decimals(*x, *y);
  if (is_temporal(left) && is_temporal(right) && (left == SystemType::time) == (right == SystemType::time))
    if (const auto x = a.temporal(), y = b.temporal(); x && y) return equivalent(*x, *y);
  if (left == SystemType::quantity || right == SystemType::quantity)
    if (const auto x = as_quantity(a), y = as_quantity(b); x && y) return equivalent_quantities(*x, *y);
  const Element x = a.element(), y = b.element();
  if (!x || !y || x == y || x.type() != y.type() || fhir::is_primitive(x.type())) return equal(a, b) == true;
  static const TypeId kCoding = fhir::find_type("Coding"), kConcept = fhir::find_type("CodeableConcept");
  if (x.type() == kCoding) return equivalent_codings(x, y);
  if (x.type() == kConcept) return equivalent_concepts(x, y);
  // The order of children does not matter; ids do not, as they only name the place.
  const auto parts = [](Element of) {
    Collection out;
    for (const Element child : of.children())
      if (child.name() != "id") out.emplace_back(child);
    return out;
  };
  return pairs_up(parts(x), parts(y), Places::same);
}

bool equivalent(std::span<const Item> a, std::span<const Item> b) { return pairs_up(a, b, Places::any); }

std::size_t hash_of(const Item& item) {
  const std::hash<std::string_view> hash;
  const SystemType type = item.system_type();
  // Quantities in other units, and dates in other zones or of other precision, may be equal: one bucket each.
  if (type == SystemType::quantity || is_numeric(type)) {
    if (is_numeric(type))
      if (const auto value = item.decimal()) return hash(value->trimmed().text());
    if (const auto value = item.quantity())
      return value->unit == "1" && !value->calendar ? hash(value->value.trimmed().text()) : 1;
  }
  if (is_temporal(type) && item.temporal()) {
    const Temporal moment = *item.temporal();
    return moment.has_offset() || moment.precision() > Precision::day ? 2 : hash(moment.text());
  }
  if (const auto text = item.string()) return hash(*text);
  if (const auto truth = item.boolean()) return *truth ? 3 : 4;
  if (const auto* info = item.get<TypeInfo>()) return hash(info->name);
  const Element element = item.element();
  std::size_t out = hash(element.value());
  if (type == SystemType::quantity) return out;
  for (const Element child : element.children()) out = mixed(out, mixed(hash(child.name()), hash_of(child)));
  return out;
}

Order compare(const Item& a, const Item& b) {
  const SystemType left = a.system_type(), right = b.system_type();
  const auto ordered = [](std::partial_ordering order) { return Order{Comparable::yes, order}; };
  if (left == SystemType::string && right == SystemType::string)
    if (const auto x = a.string(), y = b.string(); x && y) return ordered(*x <=> *y);
  if (is_numeric(left) && is_numeric(right))
    if (const auto x = a.decimal(), y = b.decimal(); x && y) return ordered(*x <=> *y);
  if (is_temporal(left) && is_temporal(right) && (left == SystemType::time) == (right == SystemType::time))
    if (const auto x = a.temporal(), y = b.temporal(); x && y) return ordered(compare(*x, *y));
  if (left == SystemType::quantity || right == SystemType::quantity)
    if (const auto x = as_quantity(a), y = as_quantity(b); x && y) {
      const auto same = to_same_unit(*x, *y);
      return ordered(same ? std::partial_ordering(same->left <=> same->right) : std::partial_ordering::unordered);
    }
  const auto is_absent = [](const Item& item) { return item.element() && !item.element().has_value(); };
  if (is_absent(a) || is_absent(b)) return ordered(std::partial_ordering::unordered);
  return {};
}

}  // namespace varde::fhirpath
