#pragma once
/// @file fhir-model/fhirpath/jsonl.h
/// FHIRPath for programs that talk in lines of JSON (`varde fhirpath --jsonl`).
/// In:  {"resource": {...} or "a file's path", "expression": "..."}
/// Out: {"result": [{"type": "...", "value": ...}, ...]} or {"error": "..."}
/// Types are named as FHIR names them ("string" also for a System.String); decimals keep their digits.
#include <functional>
#include <string>
#include <string_view>

#include "fhir-model/fhirpath/fhirpath.h"

namespace varde::fhirpath {

/// Reads a file that a line names; this library itself opens none.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

/// One line for one line, without the line's end. Never throws for what the line holds.
std::string fhirpath_line(std::string_view json_line, const ReadFile& read_file = {},
                          const Environment& environment = {});

/// The items as {"type":...,"value":...}, separated by commas, in brackets.
std::string to_json(const Collection& items);

}  // namespace varde::fhirpath
