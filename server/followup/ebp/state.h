#pragma once
/// @file server/followup/ebp/state.h
/// The states of an egenbehandlingsplan (EBP): a CarePlan of VKP category 2. `CarePlan.status` says what R4 has words
/// for (draft, active, revoked); the extension `plan-approval` {state, by, at, comment} tells where a draft is.
/// Source: README.md, "The self-treatment plan"; https://hl7.org/fhir/R4/careplan.html
/// Faults: business_rule (a step that the plan does not have), in Norwegian first. Pure.
#include <cstdint>
#include <optional>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::followup::ebp {

enum class State : std::uint8_t {
  draft,       ///< is being written
  sent,        ///< to the GP, who is to approve it
  returned,    ///< the GP wants it changed
  approved,    ///< by the GP; not yet in force
  in_force,    ///< what the patient goes by
  superseded,  ///< another came in its place, or it ended
};

bool is_plan(fhir::Element care_plan);                   ///< an EBP
std::optional<State> state_of(fhir::Element care_plan);  ///< nullopt: no EBP, or entered in error
std::string_view code_of(State state);
std::string_view norwegian(State state);
/// Whether a plan goes on so.
Result<void> check_step(State from, State to);

/// Writes `status` and the extension. `by`: a Reference; absent: nobody is said.
void set_state(fhir::Editor care_plan, State state, fhir::Element by, std::string_view at, std::string_view comment);

}  // namespace varde::followup::ebp
