#pragma once
/// @file fhir-model/definitions/definitions.h
/// The R4 definitions as compact tables: types, their elements, bindings, constraints, target types of
/// references, search parameters, the patient compartment. Everything is in read-only memory; nothing is parsed at
/// start. Source: FHIR 4.0.1 definitions (profiles-types, profiles-resources, search-parameters,
///         compartmentdefinition-patient). Tables: tables.cpp, written by generate.py.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fhir-model/fault/severity.h"

namespace varde::fhir {

enum class TypeKind : std::uint8_t { primitive, complex, backbone, resource, abstract_resource };

/// Index into types(); stable only within one build. Stored data uses names.
enum class TypeId : std::uint16_t { none = 0xFFFF };

struct ElementRow {
  std::string_view name;    ///< JSON and XML name: "valueQuantity"
  std::string_view choice;  ///< "value" for each alternative of value[x]; empty otherwise
  TypeId type;              ///< Resource for contained and Bundle.entry.resource
  std::uint8_t min;         ///< 0 or 1; of a choice, for the alternatives together
  bool many;                ///< max > 1
  bool summary;
  bool attribute;        ///< an XML attribute: id of a data type, Extension.url
  std::uint16_t order;   ///< position among the elements of its type
  std::int16_t targets;  ///< index for target_types(), -1 when no Reference or canonical, or when any type may be named
  std::int16_t bound;    ///< index for binding_of(), -1 when it is bound to no value set
};

enum class BindingStrength : std::uint8_t { required, extensible, preferred, example };

struct BindingRow {
  BindingStrength strength;
  std::string_view value_set;  ///< canonical URL, without version
};

/// A rule between elements, in FHIRPath. Its context is the element it stands on.
struct ConstraintRow {
  std::string_view key;         ///< "obs-6"
  std::string_view defined_by;  ///< the StructureDefinition that states it: "Observation", "SimpleQuantity"
  Severity severity;            ///< error or warning
  std::string_view expression, human;
};

/// A constraint stands on every element of a type, or on one element.
struct ConstraintPlace {
  std::uint16_t place;       ///< index into types(), or into elements()
  std::uint16_t constraint;  ///< index into constraints()
};

struct TypeRow {
  std::string_view name;  ///< "Observation", "Quantity", "Observation.component", "decimal"
  TypeKind kind;
  TypeId base;  ///< Quantity for Age; DomainResource for Observation; none at the root
  std::uint16_t first_element, element_count;
};

enum class SearchKind : std::uint8_t { number, date, string, token, reference, composite, quantity, uri, special };

struct SearchParameterRow {
  TypeId type;            ///< resource type; Resource for those of every type
  std::string_view code;  ///< "date"
  SearchKind kind;
  std::string_view expression;  ///< FHIRPath, only the alternatives for this type
  std::string_view targets;     ///< of a reference: allowed types, "Patient Group"
};

struct CompartmentRow {
  TypeId type;
  std::string_view parameter;  ///< search parameter that places it in the patient compartment
};

namespace tables {
extern const TypeRow kTypes[];
extern const ElementRow kElements[];
}  // namespace tables

std::span<const TypeRow> types();
std::span<const ElementRow> elements();
std::span<const SearchParameterRow> search_parameters();  ///< sorted by type, then code
std::span<const CompartmentRow> patient_compartment();    ///< sorted by type
/// The rows of one type; empty when it is outside the compartment.
std::span<const CompartmentRow> patient_compartment(TypeId type);

inline const TypeRow& row_of(TypeId type) { return tables::kTypes[static_cast<std::size_t>(type)]; }
/// TypeId::none when R4 has no such type. Case matters.
TypeId find_type(std::string_view name);
/// As find_type, but none unless the type is a concrete resource.
TypeId find_resource_type(std::string_view name);
std::span<const ElementRow> elements_of(TypeId type);
/// nullptr when the type has no such element; `name` is the JSON name.
const ElementRow* find_element(TypeId type, std::string_view name);
inline bool is_primitive(TypeId type) { return row_of(type).kind == TypeKind::primitive; }
inline bool is_resource(TypeId type) { return row_of(type).kind == TypeKind::resource; }
/// True when `type` is `ancestor` or derives from it.
bool derives_from(TypeId type, TypeId ancestor);
/// The resource types that a Reference or canonical at that element may name, by name; empty when any may.
std::span<const TypeId> target_types(const ElementRow& row);
/// nullptr when it is bound to no value set.
const BindingRow* binding_of(const ElementRow& row);
std::span<const ConstraintRow> constraints();
std::span<const ConstraintPlace> type_constraints();     ///< sorted by type; those of base types are not repeated
std::span<const ConstraintPlace> element_constraints();  ///< sorted by element
/// Search parameters of one type, including those of every resource (_id, _lastUpdated, ...) last.
const SearchParameterRow* find_search_parameter(TypeId type, std::string_view code);

}  // namespace varde::fhir
