#pragma once
/// @file server/operation/apply/when.h
/// The timing of a definition, worked out for the subject and the moment of applying it.
/// Source: https://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action.timing_x_
/// Faults: business_rule (an age without a date of birth, a length of time without unit), not_supported (a Range, which
///         does not say whether it is of ages or of lengths).
#include "server/operation/apply/setting.h"

namespace varde::operation::apply {

/// A dateTime, Period or Timing in it, or nothing.
class When {
 public:
  /// `timing`: any alternative of timing[x]; nowhere gives nothing.
  static Result<When> of(Element timing, Setting& setting);
  Element value() const;

 private:
  std::shared_ptr<fhir::Tree> holder_;
};

}  // namespace varde::operation::apply
