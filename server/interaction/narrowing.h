#pragma once
/// @file server/interaction/narrowing.h
/// The search parameters of a scope (patient/Observation.rs?category=…), asked of a resource's rows and said to the
/// engine: one meaning, that of the search by the same parameters.
/// Source:
/// https://build.fhir.org/ig/HL7/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
#include <string>
#include <vector>

#include "server/access/grant.h"
#include "server/search/criterion.h"
#include "server/storage/search/condition.h"
#include "server/storage/storage.h"

namespace varde::interaction {

class Narrowing {
 public:
  /// `only`: as a scope has it (access/scope.h). What cannot be read as a search fits nothing.
  Narrowing(fhir::TypeId type, const access::SearchParameters& only, const storage::Snapshot& snapshot,
            storage::Instant now);
  bool fits(const storage::IndexRows& rows) const;
  const storage::Condition& condition() const { return condition_; }

 private:
  std::vector<search::Criterion> criteria_;
  storage::Condition condition_;
  bool fits_nothing_ = false;
};

}  // namespace varde::interaction
