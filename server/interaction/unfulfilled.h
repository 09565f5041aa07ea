#pragma once
/// @file server/interaction/unfulfilled.h
/// Resources that ask this server for something which it does not do: they are refused, or stored as what they are
/// here, with the reason in them; never as active and silent. Whoever writes them.
/// Source: https://hl7.org/fhir/R4/subscription.html
/// Faults: business_rule.
#include "server/interaction/store.h"

namespace varde::interaction {

class Unfulfilled final : public Effect {
 public:
  Result<void> before(Act&, fhir::Editor resource, const Pending&) override;
};

}  // namespace varde::interaction
