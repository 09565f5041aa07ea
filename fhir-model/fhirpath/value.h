#pragma once
/// @file fhir-model/fhirpath/value.h
/// What a FHIRPath expression works on: collections of items; an item is an element of a resource or a System value.
/// Source: https://hl7.org/fhirpath/N1/#collections, https://hl7.org/fhir/R4/fhirpath.html#types
/// Pure; an Item that is an element is valid while its Tree lives.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/decimal.h"
#include "fhir-model/fhirpath/temporal.h"

namespace varde::fhirpath {

using fhir::Element;
using fhir::TypeId;

enum class SystemType : std::uint8_t { none, boolean, string, integer, decimal, date, date_time, time, quantity };

/// "Boolean" as System names it; "boolean" as FHIR names the same.
std::string_view system_name(SystemType type);
std::string_view fhir_name(SystemType type);
/// SystemType::none when System has no such type.
SystemType find_system_type(std::string_view system_name);
/// What an element of that FHIR type converts to by itself: String for code, Quantity for Age; none for HumanName.
SystemType implicit_type(TypeId type);

/// The element's type. A resource's id is an `id`, though R4's own definitions say string.
TypeId type_of(Element element);

struct Quantity {
  Decimal value;
  std::string unit = {};  ///< UCUM code, or a calendar word
  bool calendar = false;  ///< the unit is a calendar word: 1 year is not 1 'a'
  std::string text() const;
};

/// What type() answers.
struct TypeInfo {
  std::string_view space;  ///< "System" or "FHIR"
  std::string_view name;
  std::string_view base;
  bool operator==(const TypeInfo&) const = default;
};

class Item {
 public:
  using Value = std::variant<Element, bool, std::int32_t, Decimal, std::string, Temporal, Quantity, TypeInfo>;

  Item(Element element) : value_(element) {}                    // NOLINT: an element is an item
  Item(bool value) : value_(value) {}                           // NOLINT
  Item(std::int32_t value) : value_(value) {}                   // NOLINT
  Item(Decimal value) : value_(value) {}                        // NOLINT
  Item(std::string value) : value_(std::move(value)) {}         // NOLINT
  Item(std::string_view value) : value_(std::string(value)) {}  // NOLINT
  Item(const char* value) : value_(std::string(value)) {}       // NOLINT: not a bool
  Item(Temporal value) : value_(value) {}                       // NOLINT
  Item(Quantity value) : value_(std::move(value)) {}            // NOLINT
  Item(TypeInfo value) : value_(value) {}                       // NOLINT

  template <class T>
  const T* get() const {
    return std::get_if<T>(&value_);
  }
  const Value& value() const { return value_; }
  Element element() const { return get<Element>() ? *get<Element>() : Element{}; }

  /// Of a System value, or what the element converts to by itself.
  SystemType system_type() const;
  /// The System value: itself, or converted from the element; nullopt when it has none.
  std::optional<Item> system() const;

  std::optional<bool> boolean() const;
  std::optional<std::int32_t> integer() const;
  std::optional<Decimal> decimal() const;          ///< also of an Integer
  std::optional<std::string_view> string() const;  ///< borrowed from the item, or the element's Tree
  std::optional<Temporal> temporal() const;
  std::optional<Quantity> quantity() const;  ///< only of a Quantity
  bool is_number() const;

  TypeInfo type_info() const;
  /// Literal text of a primitive or System value; of a System Quantity as toString() has it.
  std::optional<std::string> text() const;

 private:
  Value value_;
};

using Collection = std::vector<Item>;

/// The calendar word in the singular, or empty: "year" for "years".
std::string_view calendar_unit(std::string_view word);

}  // namespace varde::fhirpath
