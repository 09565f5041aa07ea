#pragma once
/// @file fhir-model/validation/invariants.h
/// The constraints of R4 (per-1, qty-3, obs-6 ...), each ready to be judged on an element.
/// Source: https://hl7.org/fhir/R4/conformance-rules.html#constraints; rows: fhir-model/definitions.
/// An expression is compiled when it is first needed, once. Safe from any thread.
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/fhirpath.h"

namespace varde::fhir {

struct ShortcutRow;

/// `unknown`: the expression could not be evaluated, because of a limit or of data that other rules refuse.
enum class Verdict : std::uint8_t { holds, broken, unknown };

/// What constraints are judged in; within a budget, where a copy names one.
const fhirpath::Environment& judging();

class Invariant {
 public:
  explicit Invariant(const ConstraintRow& row);

  const ConstraintRow& row() const { return *row_; }
  Verdict judge(Element at, const fhirpath::Environment& environment = judging()) const;
  /// By its FHIRPath alone. Only false breaks a constraint; empty does not.
  Verdict evaluate(Element at, const fhirpath::Environment& environment = judging()) const;
  std::string source() const;    ///< "http://hl7.org/fhir/StructureDefinition/Observation#obs-6"
  std::string sentence() const;  ///< what would be right, with the key

 private:
  const ConstraintRow* row_;
  const ShortcutRow* shortcut_;
  mutable std::once_flag compiled_;
  mutable std::optional<fhirpath::Expression> expression_;
};

/// Those of a type and its base types; errors stand before warnings. Not those that the walk itself checks.
std::span<const Invariant* const> invariants_of(TypeId type);
/// Those of one element, besides those of its type.
std::span<const Invariant* const> invariants_on(const ElementRow& row);
/// Why a constraint is in neither: how else it is checked. Empty for one that is in them.
std::string_view checked_by_the_walk(const ConstraintRow& row);

/// Of the constraint with that key which that type states.
std::string source_of(std::string_view defined_by, std::string_view key);
/// Of the element's own definition: "http://hl7.org/fhir/StructureDefinition/Observation#Observation.status"
std::string source_of(const ElementRow& row);

}  // namespace varde::fhir
