#pragma once
/// @file fhir-model/validation/invariants.h
/// Rules between the elements of one type, by their R4 keys (per-1, qty-3, obs-6 ...): a table of predicates.
/// Source: the constraints of the R4 type definitions, https://hl7.org/fhir/R4/conformance-rules.html#constraints
#include <span>
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir {

struct InvariantRow {
  std::string_view type;
  std::string_view key;
  bool (*holds)(Element);
  std::string_view rule;  ///< what would be right, as an English sentence without the last stop
};

std::span<const InvariantRow> invariants();
/// Those of one type and its base types.
std::span<const InvariantRow* const> invariants_of(TypeId type);

}  // namespace varde::fhir
