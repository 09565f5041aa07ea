#pragma once
/// @file server/interaction/defined_parameters.h
/// A SearchParameter that is written becomes a parameter that is searched by: checked before, taken into use with its
/// version, and out of use with one that retires or deletes it. Stored resources are indexed by who does it online
/// (indexer.h).
/// Source: https://hl7.org/fhir/R4/searchparameter.html
/// Faults: business_rule.
#include <functional>

#include "server/interaction/store.h"

namespace varde::interaction {

class DefinedParameters final : public Effect {
 public:
  /// `changed` is called before the commit: something is to be indexed soon.
  explicit DefinedParameters(std::function<void()> changed) : changed_(std::move(changed)) {}
  Result<void> before(Act&, fhir::Editor resource, const Pending&) override;
  Result<void> after(Act&, const Stored&) override;

 private:
  std::function<void()> changed_;
};

}  // namespace varde::interaction
