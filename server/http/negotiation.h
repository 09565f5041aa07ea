#pragma once
/// @file server/http/negotiation.h
/// Which form the client wants its answer in: by _format, else by Accept.
/// Source: https://hl7.org/fhir/R4/http.html#mime-type
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"
#include "server/interaction/request.h"

namespace varde::http {

struct Form {
  bool xml = false, pretty = false;
  std::string media = {};  ///< none of FHIR's, but one of those offered
};

/// `offered`: media types beside FHIR's, blank between. Faults: not_acceptable.
Result<Form> wanted_form(const interaction::Request& request, std::string_view offered = {});
/// Whether the client names anything but FHIR's forms, so that it matters what is offered.
bool names_other_forms(const interaction::Request& request);

/// Whether the media type (no parameters) is one that FHIR comes in.
bool names_fhir(std::string_view media);

}  // namespace varde::http
