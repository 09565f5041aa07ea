#pragma once
/// @file server/interaction/required_profiles.h
/// Profiles that every resource of a type must meet to be stored, as the configuration says; whoever writes it.
/// Faults: those of fhir-model/profile; nothing is stored.
#include <map>
#include <string>
#include <vector>

#include "fhir-model/profile/check.h"
#include "server/interaction/store.h"

namespace varde::interaction {

class RequiredProfiles final : public Effect {
 public:
  using OfType = std::map<fhir::TypeId, fhir::Asked>;
  /// `known` outlives this.
  RequiredProfiles(const fhir::Profiles& known, OfType required) : known_(known), required_(std::move(required)) {}
  Result<void> before(Act&, fhir::Editor resource, const Pending&) override;

 private:
  const fhir::Profiles& known_;
  OfType required_;
};

}  // namespace varde::interaction
