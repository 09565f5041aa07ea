#pragma once
/// @file server/search/restriction.h
/// Whose resources a search may find: a condition of it that whoever asks cannot leave out. It holds for matches, for
/// what is sent along, and for every step of a chain, so that nothing is found by what may not be seen.
#include <optional>

#include "fhir-model/definitions/definitions.h"
#include "server/storage/search/condition.h"
#include "server/storage/storage.h"

namespace varde::search {

class Restriction {
 public:
  virtual ~Restriction() = default;
  /// Whether any resource of that type, which belongs to that patient (none: to nobody), may be seen: all but what
  /// condition() keeps out besides.
  virtual bool may_admit(fhir::TypeId type, storage::PatientKey patient) const = 0;
  /// Whether that version may be seen, whatever its content.
  virtual bool admits(const storage::Version& version) const = 0;
  /// The one patient to whom every resource of that type which may be seen belongs; nullopt: to several, or to nobody.
  virtual std::optional<storage::PatientKey> only(fhir::TypeId type) const = 0;
  /// The same of a type in an engine's terms, for its statement; nullopt: it must be asked of each resource.
  virtual std::optional<storage::Condition> condition(fhir::TypeId type) const = 0;
};

}  // namespace varde::search
