#pragma once
/// @file fhir-model/xml/xml.h
/// FHIR XML <-> element tree. Xerces-C++ (SAX2) reads; DTDs, entities and external references are refused.
/// Source: https://hl7.org/fhir/R4/xml.html
/// Faults: not_well_formed (also a DTD), encoding_invalid (not UTF-8), too_deep, too_large, type_unknown,
///         element_unknown, value_malformed (text or attributes where none belong), schema_invalid (order of elements).
///         Diagnostics say line and column, never values.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/json/json.h"

namespace varde::fhir {

/// `any` reads what others wrote carelessly, where it is only looked at (FHIRPath on the command line).
enum class XmlOrder : std::uint8_t { of_definition, any };

/// A whole resource; every unknown or misplaced element is reported, not only the first (at most 20).
Result<Tree> parse_xml(std::string_view text, const JsonLimits& limits = {}, XmlOrder order = XmlOrder::of_definition);
/// As far as it can be read: unknown and misplaced elements go to `wrong`, the rest is the tree. Faults: of text that
/// is no XML or no resource, or has more wrong elements than anybody would want to hear of.
Result<Tree> parse_xml(std::string_view text, const JsonLimits& limits, std::vector<Failure>& wrong);
/// As locate_json: an element stands where its tag begins.
void locate_xml(std::string_view text, Failure& failure);
std::optional<Place> locate_xml(std::string_view text, std::string_view expression);
/// Appends the document: elements in definition order, as XML needs it; narrative XHTML as it was kept.
void write_xml(Element resource, std::string& out);
std::string to_xml(Element resource);
/// For people: an element a line, indented by two. The narrative stays as it was written.
std::string to_pretty_xml(Element resource);

}  // namespace varde::fhir
