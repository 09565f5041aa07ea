#include "fhir-model/definitions/definitions.h"

#include <algorithm>
#include <utility>

#include "fhir-model/definitions/tables.h"

namespace varde::fhir {

std::span<const TypeRow> types() { return {tables::kTypes, tables::kTypeCount}; }
std::span<const ElementRow> elements() { return {tables::kElements, tables::kElementCount}; }
std::span<const SearchParameterRow> search_parameters() {
  return {tables::kSearchParameters, tables::kSearchParameterCount};
}
std::span<const CompartmentRow> patient_compartment() { return {tables::kCompartment, tables::kCompartmentCount}; }

std::span<const CompartmentRow> patient_compartment(TypeId type) {
  const auto all = patient_compartment();
  const auto less = [](const CompartmentRow& row, TypeId wanted) { return row.type < wanted; };
  const auto first = std::lower_bound(all.begin(), all.end(), type, less);
  const auto last = std::find_if(first, all.end(), [&](const CompartmentRow& row) { return row.type != type; });
  return {first, last};
}

const TypeRow& row_of(TypeId type) { return tables::kTypes[static_cast<std::size_t>(type)]; }

TypeId find_type(std::string_view name) {
  const auto all = types();
  const auto found = std::ranges::lower_bound(all, name, {}, &TypeRow::name);
  if (found == all.end() || found->name != name) return TypeId::none;
  return static_cast<TypeId>(found - all.begin());
}

TypeId find_resource_type(std::string_view name) {
  const TypeId type = find_type(name);
  return type != TypeId::none && is_resource(type) ? type : TypeId::none;
}

std::span<const ElementRow> elements_of(TypeId type) {
  const TypeRow& row = row_of(type);
  return {tables::kElements + row.first_element, row.element_count};
}

const ElementRow* find_element(TypeId type, std::string_view name) {
  const TypeRow& row = row_of(type);
  const std::span by_name{tables::kElementsByName + row.first_element, row.element_count};
  const auto name_of = [](std::uint16_t index) { return tables::kElements[index].name; };
  const auto found = std::ranges::lower_bound(by_name, name, {}, name_of);
  return found == by_name.end() || name_of(*found) != name ? nullptr : &tables::kElements[*found];
}

bool is_primitive(TypeId type) { return row_of(type).kind == TypeKind::primitive; }
bool is_resource(TypeId type) { return row_of(type).kind == TypeKind::resource; }

bool derives_from(TypeId type, TypeId ancestor) {
  for (; type != TypeId::none; type = row_of(type).base)
    if (type == ancestor) return true;
  return false;
}

std::span<const std::string_view> required_codes(std::int16_t binding) {
  const auto* starts = tables::kCodeStarts + binding;
  return {tables::kCodes + starts[0], static_cast<std::size_t>(starts[1] - starts[0])};
}

std::int16_t find_value_set(std::string_view url) {
  const std::span all{tables::kValueSets, tables::kValueSetCount};
  url = url.substr(0, url.find('|'));
  const auto found = std::ranges::lower_bound(all, url, {}, &ValueSetRow::url);
  return found == all.end() || found->url != url ? std::int16_t{-1} : found->binding;
}

std::span<const TypeId> target_types(const ElementRow& row) {
  if (row.targets < 0) return {};
  const auto* starts = tables::kTargetStarts + row.targets;
  return {tables::kTargets + starts[0], static_cast<std::size_t>(starts[1] - starts[0])};
}

const BindingRow* binding_of(const ElementRow& row) { return row.bound < 0 ? nullptr : &tables::kBindings[row.bound]; }

std::span<const ConstraintRow> constraints() { return {tables::kConstraints, tables::kConstraintCount}; }
std::span<const ConstraintPlace> type_constraints() { return {tables::kTypeConstraints, tables::kTypeConstraintCount}; }
std::span<const ConstraintPlace> element_constraints() {
  return {tables::kElementConstraints, tables::kElementConstraintCount};
}

const SearchParameterRow* find_search_parameter(TypeId type, std::string_view code) {
  static const TypeId kEvery[] = {find_type("Resource"), find_type("DomainResource")};
  const auto in = [&](TypeId base) -> const SearchParameterRow* {
    const auto all = search_parameters();
    const auto key = [](const SearchParameterRow& row) { return std::pair(row.type, row.code); };
    const auto found = std::ranges::lower_bound(all, std::pair(base, code), {}, key);
    return found == all.end() || key(*found) != std::pair(base, code) ? nullptr : &*found;
  };
  if (const auto* own = in(type)) return own;
  for (const TypeId base : kEvery)
    if (const auto* shared = in(base)) return shared;
  return nullptr;
}

}  // namespace varde::fhir
