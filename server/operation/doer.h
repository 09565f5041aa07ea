#pragma once
/// @file server/operation/doer.h
/// Who makes a step of work, as a Reference: the person who is logged in; where logins are not in use, whom the
/// parameter `by` names. Faults: parameter_malformed.
#include <functional>
#include <initializer_list>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/interaction/route.h"
#include "server/operation/input.h"

namespace varde::operation {

/// A parameter that is a Reference; absent where it was not sent.
Result<fhir::Element> reference_in(const Input& input, std::string_view name);

/// Of a person who is logged in the Practitioner with that HPR-number, or with the issuer's own name of that person,
/// where there is exactly one; else who it is as an identifier. `by` may be left out, or name the same.
Result<fhir::Tree> doer(const interaction::View& view, const Input& input);

/// The same, of an operation that does not insist on knowing: a Reference that may be empty, or a person who is here.
Result<fhir::Tree> known_doer(const interaction::View& view, const Input& input);

using DoStep = std::function<Result<void>(interaction::Act&, const Input&, fhir::Element by)>;
/// A step with the stored resource of the address, where the request's preconditions hold; answers the resource as it
/// is then. `known`: the parameters that it takes.
Result<interaction::Work> step_with(const interaction::Request&, fhir::TypeId,
                                    std::initializer_list<std::string_view> known, DoStep);

}  // namespace varde::operation
