#pragma once
/// @file fhir-model/xml/xml.h
/// FHIR XML <-> element tree. Xerces-C++ (SAX2) reads; DTDs, entities and external references are refused.
/// Source: https://hl7.org/fhir/R4/xml.html
/// Faults: as json.h. Diagnostics say line and column, never values.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/json/json.h"

namespace varde::fhir {

Result<Tree> parse_xml(std::string_view text, const JsonLimits& limits = {});
/// Elements in definition order, as XML needs it; narrative XHTML is written as it was kept.
std::string to_xml(Element resource);

}  // namespace varde::fhir
