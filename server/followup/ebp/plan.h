#pragma once
/// @file server/followup/ebp/plan.h
/// What is done with an egenbehandlingsplan: it is sent to the GP, approved or returned, put into force in the place of
/// others, with its planned measurements. Each step is a version of the CarePlan.
/// Source: README.md, "The self-treatment plan"
/// Faults: not_found, business_rule, required_missing; in Norwegian first.
#include <string>
#include <string_view>

#include "server/followup/ebp/state.h"
#include "server/followup/service.h"
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup::ebp {

struct PlanStep {
  interaction::Act& act;
  std::string id;    ///< of the CarePlan
  fhir::Element by;  ///< a Reference; absent: nobody is said
};

Result<void> mark_sent(const PlanStep&);
Result<void> approve(const PlanStep&, std::string_view comment);
/// `comment`: what is to be changed. A Task says so.
Result<void> give_back(const PlanStep&, std::string_view comment);
/// A plan that the GP has not approved needs a `reason`. What it `replaces` is superseded, and the measurements that
/// were planned there and are not here are revoked; measurements that were drafts are in force from now on.
Result<void> put_in_force(const PlanStep&, std::string_view reason);

/// A draft that is on its way to the GP does not come in force by a plain write.
Result<void> check(interaction::Act&, fhir::Element care_plan, fhir::Element previous);
/// After any write: the GP has answered the letter that a plan was sent with; a plan came into force.
Result<void> follow(interaction::Act&, const interaction::Stored&, const Service& service);

}  // namespace varde::followup::ebp
