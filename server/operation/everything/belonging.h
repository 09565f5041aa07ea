#pragma once
/// @file server/operation/everything/belonging.h
/// What belongs to a Patient, an Encounter or an EpisodeOfCare, and when care was given.
#include <optional>
#include <vector>

#include "server/interaction/act.h"

namespace varde::operation {

/// To a Patient belongs the compartment; to an Encounter what search parameters lead to it by; to an EpisodeOfCare that
/// too, and all of its Encounters. In order of creation, itself and what may not be seen among them.
/// Faults: too_costly.
Result<std::vector<storage::ResourceKey>> belonging(const interaction::View&, fhir::TypeId, const std::string& id);

/// Half-open; open where nothing is said.
struct CareSpan {
  std::optional<storage::Instant> from, to;
  bool is_asked() const { return from || to; }
};

/// Whether the care that the resource tells of lies in the span; what tells no date is in every one.
bool is_in_span(fhir::Element resource, const CareSpan&, const interaction::View&);

}  // namespace varde::operation
