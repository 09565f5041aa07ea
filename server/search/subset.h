#pragma once
/// @file server/search/subset.h
/// What of a resource a client wants: `_summary` and `_elements`, of a search and of a read.
/// Elements that a type demands are always sent, and who gets less than there is learns it by the tag SUBSETTED.
/// Source: https://hl7.org/fhir/R4/search.html#summary, #elements
/// Faults: parameter_malformed. Pure; safe from any thread.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::search {

struct Subset {
  enum class Of : std::uint8_t {
    all,
    summary,   ///< what R4's definitions mark so
    text,      ///< the narrative
    data,      ///< all but the narrative
    elements,  ///< those that are named
  };
  Of of = Of::all;
  std::vector<std::string> names = {};

  explicit operator bool() const { return of != Of::all; }
};

/// "true", "text", "data"; "false" is all. "count" is no subset: the search's own.
Result<void> take_summary(std::string_view text, Subset& subset);
/// "name,birthDate", "Observation.value": elements of the type itself; of a choice either name.
Result<void> take_elements(fhir::TypeId type, std::string_view text, Subset& subset);

/// The resource's JSON, cut. `bytes` are a stored resource's.
std::string cut(std::string_view bytes, const Subset& subset);
/// What somebody was sent as a part of a resource would, written back, be the loss of the rest.
bool is_subsetted(fhir::Element resource);

}  // namespace varde::search
