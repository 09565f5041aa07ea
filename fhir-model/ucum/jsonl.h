#pragma once
/// @file fhir-model/ucum/jsonl.h
/// UCUM for programs that talk in lines of JSON (`varde ucum --jsonl`).
/// In:  {"unit": "mm[Hg]"}                                 is it a unit, and what is its canonical form
/// Out: {"valid": true, "canonical": {"value": 133322, "unit": "g.m-1.s-2"}}
///      {"valid": false, "error": "..."}
/// In:  {"value": 120, "unit": "mm[Hg]"}                   the canonical form of so many
/// Out: {"valid": true, "canonical": {"value": 15998640, "unit": "g.m-1.s-2"}}
/// In:  {"value": 120, "unit": "mm[Hg]", "to": "kPa"}      conversion; the value is 1 when there is none
/// Out: {"value": 15.99864, "unit": "kPa"}  or  {"error": "..."}
/// "code", "from" and "source" mean the same as "unit"; "target" the same as "to"; a value may stand in quotes. What no
/// number holds (1000 bel as a ratio, the logarithm of -1) is null.
#include <string>
#include <string_view>

namespace varde::fhir {

/// One line for one line, without the line's end. Never throws for what the line holds.
std::string ucum_line(std::string_view json_line);

}  // namespace varde::fhir
