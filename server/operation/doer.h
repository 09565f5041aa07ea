#pragma once
/// @file server/operation/doer.h
/// Who makes a step of work, as a Reference: the person who is logged in; where logins are not in use, whom the
/// parameter `by` names. Faults: parameter_malformed.
#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/operation/input.h"

namespace varde::operation {

/// A parameter that is a Reference; absent where it was not sent.
Result<fhir::Element> reference_in(const Input& input, std::string_view name);

/// Of a person who is logged in the Practitioner with that HPR-number, or with the issuer's own name of that person,
/// where there is exactly one; else who it is as an identifier. `by` may be left out, or name the same.
Result<fhir::Tree> doer(const interaction::View& view, const Input& input);

}  // namespace varde::operation
