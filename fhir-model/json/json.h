#pragma once
/// @file fhir-model/json/json.h
/// FHIR JSON <-> element tree. Numbers and strings are kept to the letter (decimals by literal).
/// Source: https://hl7.org/fhir/R4/json.html
/// Limits: bytes, nesting and number of elements; never recursive on input depth.
/// Faults: not_well_formed, encoding_invalid, duplicate_key, too_deep, too_large, type_unknown, element_unknown,
///         value_malformed (null, wrong JSON kind), cardinality. Diagnostics say line and column, never values.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct JsonLimits {
  std::size_t bytes = 32u << 20;
  std::size_t depth = 100;
  std::size_t elements = 2'000'000;
};

/// A whole resource; every unknown or misplaced element is reported, not only the first (at most 20).
Result<Tree> parse_json(std::string_view text, const JsonLimits& limits = {});
/// As far as it can be read: unknown and misplaced elements go to `wrong`, the rest is the tree. Faults: of text that
/// is no JSON or no resource, or has more wrong elements than anybody would want to hear of.
Result<Tree> parse_json(std::string_view text, const JsonLimits& limits, std::vector<Failure>& wrong);

/// Gives the failure and those in its `also` the line and column of the element that their expression names, in the
/// text it was found in; of what is not in the text, those of the nearest element around it. A member stands at its
/// name, an item of an array where it begins. Reads the text once; failures that have a place keep it.
void locate_json(std::string_view text, Failure& failure);
/// The same for one expression; nullopt when it is not about that resource.
std::optional<Place> locate_json(std::string_view text, std::string_view expression);

/// Appends canonical JSON: no white space, `resourceType` first, then document order, primitives by literal.
void write_json(Element resource, std::string& out);
std::string to_json(Element resource);
/// Indented by two spaces, for people.
std::string to_pretty_json(Element resource);
/// Appends a JSON string: quoted and escaped.
void write_json_string(std::string_view text, std::string& out);

}  // namespace varde::fhir
