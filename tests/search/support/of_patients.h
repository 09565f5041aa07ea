#pragma once
/// @file tests/search/support/of_patients.h
/// A restriction of searches to some patients.
#include <optional>
#include <utility>

#include "server/search/restriction.h"

namespace varde::search {

/// Those of some patients, as an engine is told or as each resource is asked about.
class OfPatients final : public Restriction {
 public:
  OfPatients(storage::Restriction patients, bool says) : patients_(std::move(patients)), says_(says) {}
  bool may_admit(fhir::TypeId, storage::PatientKey patient) const override { return patients_.allows(patient); }
  bool admits(const storage::Version& version) const override { return patients_.allows(version.patient); }
  std::optional<storage::PatientKey> only(fhir::TypeId) const override { return std::nullopt; }
  std::optional<storage::Condition> condition(fhir::TypeId type) const override {
    return says_ ? std::optional(patients_.condition(type)) : std::nullopt;
  }

 private:
  storage::Restriction patients_;
  bool says_;
};

}  // namespace varde::search
