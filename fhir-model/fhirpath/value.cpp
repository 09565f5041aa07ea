#include "fhir-model/fhirpath/value.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace varde::fhirpath {
namespace {

struct SystemRow {
  SystemType type;
  std::string_view system, fhir;
};
constexpr std::array kSystem{
    SystemRow{SystemType::none, "", ""},
    SystemRow{SystemType::boolean, "Boolean", "boolean"},
    SystemRow{SystemType::string, "String", "string"},
    SystemRow{SystemType::integer, "Integer", "integer"},
    SystemRow{SystemType::decimal, "Decimal", "decimal"},
    SystemRow{SystemType::date, "Date", "date"},
    SystemRow{SystemType::date_time, "DateTime", "dateTime"},
    SystemRow{SystemType::time, "Time", "time"},
    SystemRow{SystemType::quantity, "Quantity", "Quantity"},
};

struct ImplicitRow {
  std::string_view fhir;
  SystemType type;
};
/// https://hl7.org/fhir/R4/fhirpath.html#types; primitives that are not listed are strings.
constexpr std::array kImplicit{
    ImplicitRow{"boolean", SystemType::boolean},     ImplicitRow{"integer", SystemType::integer},
    ImplicitRow{"positiveInt", SystemType::integer}, ImplicitRow{"unsignedInt", SystemType::integer},
    ImplicitRow{"decimal", SystemType::decimal},     ImplicitRow{"date", SystemType::date},
    ImplicitRow{"dateTime", SystemType::date_time},  ImplicitRow{"instant", SystemType::date_time},
    ImplicitRow{"time", SystemType::time},
};

SystemType make_implicit_type(TypeId type) {
  if (fhir::derives_from(type, fhir::find_type("Quantity"))) return SystemType::quantity;
  if (!fhir::is_primitive(type)) return SystemType::none;
  const auto* row = std::ranges::find(kImplicit, fhir::row_of(type).name, &ImplicitRow::fhir);
  return row == kImplicit.end() ? SystemType::string : row->type;
}

struct CalendarRow {
  std::string_view plural, singular;
};
constexpr std::array kCalendar{
    CalendarRow{"years", "year"},     CalendarRow{"months", "month"},
    CalendarRow{"weeks", "week"},     CalendarRow{"days", "day"},
    CalendarRow{"hours", "hour"},     CalendarRow{"minutes", "minute"},
    CalendarRow{"seconds", "second"}, CalendarRow{"milliseconds", "millisecond"},
};

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

std::optional<Quantity> quantity_of(Element element) {
  const auto value = Decimal::parse(element["value"].value());
  if (!value || element["comparator"].has_value()) return std::nullopt;
  const std::string_view system = element["system"].value(), code = element["code"].value();
  if (code.empty()) {
    const std::string_view unit = element["unit"].value();
    return Quantity{*value, std::string(unit.empty() ? "1" : unit)};
  }
  if (system == kUcum) return Quantity{*value, std::string(code)};
  // A code of another system is a unit that only meets itself, such as a count of tablets.
  return Quantity{*value, std::string(system).append("|").append(code)};
}

std::optional<std::int32_t> parse_integer(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

constexpr Temporal::Kind kind_of(SystemType type) {
  return type == SystemType::date ? Temporal::Kind::date
                                  : (type == SystemType::time ? Temporal::Kind::time : Temporal::Kind::date_time);
}

template <class T>
std::optional<Item> item(std::optional<T> value) {
  return value ? std::optional<Item>(Item(std::move(*value))) : std::nullopt;
}

}  // namespace

std::string_view system_name(SystemType type) { return kSystem[static_cast<std::size_t>(type)].system; }
std::string_view fhir_name(SystemType type) { return kSystem[static_cast<std::size_t>(type)].fhir; }
SystemType find_system_type(std::string_view name) {
  const auto* row = std::ranges::find(kSystem, name, &SystemRow::system);
  return row == kSystem.end() ? SystemType::none : row->type;
}

SystemType implicit_type(TypeId type) {
  static const std::vector<SystemType> kTypes = [] {
    std::vector<SystemType> all;
    for (std::size_t i = 0; i < fhir::types().size(); ++i) all.push_back(make_implicit_type(static_cast<TypeId>(i)));
    return all;
  }();
  return type == TypeId::none ? SystemType::none : kTypes[static_cast<std::size_t>(type)];
}

TypeId type_of(Element element) {
  static const TypeId kString = fhir::find_type("string"), kId = fhir::find_type("id");
  const TypeId type = element.type();
  if (type != kString || element.name() != "id") return type;
  return fhir::is_resource(element.parent().type()) ? kId : type;
}

std::string_view calendar_unit(std::string_view word) {
  for (const auto& row : kCalendar)
    if (word == row.plural || word == row.singular) return row.singular;
  return {};
}

std::string Quantity::text() const { return value.text() + (calendar ? " " + unit : " '" + unit + "'"); }

SystemType Item::system_type() const {
  struct Visitor {
    SystemType operator()(const Element& e) const { return implicit_type(e.type()); }
    SystemType operator()(bool) const { return SystemType::boolean; }
    SystemType operator()(std::int32_t) const { return SystemType::integer; }
    SystemType operator()(const Decimal&) const { return SystemType::decimal; }
    SystemType operator()(const std::string&) const { return SystemType::string; }
    SystemType operator()(const Temporal& t) const {
      constexpr std::array kKinds{SystemType::date, SystemType::date_time, SystemType::time};
      return kKinds[static_cast<std::size_t>(t.kind())];
    }
    SystemType operator()(const Quantity&) const { return SystemType::quantity; }
    SystemType operator()(const TypeInfo&) const { return SystemType::none; }
  };
  return std::visit(Visitor{}, value_);
}

std::optional<Item> Item::system() const {
  const Element* from = get<Element>();
  if (!from) return *this;
  switch (system_type()) {
    case SystemType::none: return std::nullopt;
    case SystemType::boolean: return item(boolean());
    case SystemType::string: return item(string());
    case SystemType::integer: return item(integer());
    case SystemType::decimal: return item(decimal());
    case SystemType::quantity: return item(quantity());
    default: return item(temporal());
  }
}

std::optional<bool> Item::boolean() const {
  if (const bool* value = get<bool>()) return *value;
  if (const Element* from = get<Element>(); from && implicit_type(from->type()) == SystemType::boolean) {
    if (from->value() == "true") return true;
    if (from->value() == "false") return false;
  }
  return std::nullopt;
}

std::optional<std::int32_t> Item::integer() const {
  if (const auto* value = get<std::int32_t>()) return *value;
  if (const Element* from = get<Element>(); from && implicit_type(from->type()) == SystemType::integer)
    return parse_integer(from->value());
  return std::nullopt;
}

std::optional<Decimal> Item::decimal() const {
  if (const auto* value = get<Decimal>()) return *value;
  if (const auto* value = get<std::int32_t>()) return Decimal(*value);
  if (!get<Element>() || !is_number()) return std::nullopt;
  return Decimal::parse(element().value());
}

std::optional<std::string_view> Item::string() const {
  if (const auto* value = get<std::string>()) return *value;
  const Element* from = get<Element>();
  if (!from || !from->has_value() || implicit_type(from->type()) != SystemType::string) return std::nullopt;
  return from->value();
}

std::optional<Temporal> Item::temporal() const {
  if (const auto* value = get<Temporal>()) return *value;
  const Element* from = get<Element>();
  const SystemType type = from ? implicit_type(from->type()) : SystemType::none;
  if (type != SystemType::date && type != SystemType::date_time && type != SystemType::time) return std::nullopt;
  return Temporal::parse(kind_of(type), from->value());
}

std::optional<Quantity> Item::quantity() const {
  if (const auto* value = get<Quantity>()) return *value;
  const Element* from = get<Element>();
  if (!from || implicit_type(from->type()) != SystemType::quantity) return std::nullopt;
  return quantity_of(*from);
}

bool Item::is_number() const {
  const SystemType type = system_type();
  return type == SystemType::integer || type == SystemType::decimal;
}

TypeInfo Item::type_info() const {
  if (const Element* from = get<Element>()) {
    TypeId type = type_of(*from);
    if (type == TypeId::none) return {};
    // A part of a resource or data type has no name of its own in FHIR: it is a BackboneElement or an Element.
    if (fhir::row_of(type).kind == fhir::TypeKind::backbone) type = fhir::row_of(type).base;
    const TypeId base = fhir::row_of(type).base;
    return {"FHIR", fhir::row_of(type).name, base == TypeId::none ? std::string_view{} : fhir::row_of(base).name};
  }
  if (get<TypeInfo>()) return {"System", "TypeInfo", "Any"};
  return {"System", system_name(system_type()), "Any"};
}

std::optional<std::string> Item::text() const {
  struct Visitor {
    using Text = std::optional<std::string>;
    Text operator()(const Element& e) const { return e.has_value() ? Text(std::string(e.value())) : Text(); }
    Text operator()(bool b) const { return b ? "true" : "false"; }
    Text operator()(std::int32_t i) const { return std::to_string(i); }
    Text operator()(const Decimal& d) const { return d.text(); }
    Text operator()(const std::string& s) const { return s; }
    Text operator()(const Temporal& t) const { return t.text(); }
    Text operator()(const Quantity& q) const { return q.text(); }
    Text operator()(const TypeInfo&) const { return {}; }
  };
  return std::visit(Visitor{}, value_);
}

}  // namespace varde::fhirpath
