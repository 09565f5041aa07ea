#pragma once
/// @file server/operation/own_definitions.h
/// What `conformance` promises, served as the resources it is written in: read, searched, expanded and validated
/// against like any other, and changed by nobody but the next version of the program. Faults: business_rule, of whoever
/// would change one.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fhir-model/profile/profiles.h"
#include "server/interaction/context.h"
#include "server/interaction/repository.h"
#include "server/interaction/store.h"

namespace varde::operation {

class OwnDefinitions final : public interaction::Effect {
 public:
  OwnDefinitions();

  /// Stores those that are not stored yet, or have changed since. Called at wiring, when the effects are in place.
  /// Faults: those of the store.
  Result<void> publish(const interaction::Repository& repository);
  /// Makes them known to validation. Called at wiring.
  Result<void> add_to(fhir::Profiles& profiles) const;
  /// Profiles of resource types, for the CapabilityStatement.
  std::vector<interaction::SupportedProfile> profiles() const;

  Result<void> before(interaction::Act&, fhir::Editor resource, const interaction::Pending&) override;
  Result<void> after(interaction::Act&, const interaction::Stored& stored) override;

 private:
  bool is_own(fhir::TypeId type, std::string_view id) const;
  std::vector<fhir::Tree> definitions_;
  std::set<std::pair<fhir::TypeId, std::string>> names_;
};

}  // namespace varde::operation
