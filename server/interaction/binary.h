#pragma once
/// @file server/interaction/binary.h
/// A Binary as what it is: its bytes under its own content type, in and out.
/// Source: https://hl7.org/fhir/R4/binary.html#rest
/// Faults: of what is sent none but those of the resource that it becomes.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// Whether the address and Accept of a request ask for a Binary's bytes: a read of one that does not name FHIR's own
/// media types. `Request::native` says it to the handler, which an entry of a Bundle has not.
bool asks_for_bytes(const Request& request);
/// The bytes, as a page of a browser may not run them.
Response native_answer(fhir::Element binary, Response answer);

/// Whether the body is no FHIR, but what a Binary is to hold.
bool brings_bytes(const Request& request);
/// The Binary that holds the body; `X-Security-Context` becomes its securityContext.
fhir::Tree binary_of(const Request& request);

}  // namespace varde::interaction
