#pragma once
/// @file server/command/files.h
/// Files given on the command line; `-` is standard input.
/// Faults: not_found, too_large.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::command {

inline constexpr std::size_t kLargestFile = 256u << 20;

Result<std::string> read_file(const std::string& name);
/// JSON or XML, by the first character.
Result<fhir::Tree> parse_resource(std::string_view bytes);
/// Gives failures about these bytes their line and column.
void locate(std::string_view bytes, Failure& failure);
Result<fhir::Tree> read_resource(const std::string& name);
/// "name:line:column: element: what is wrong", a line per failure, to standard error.
void print_failures(const std::string& name, const Failure& failure);

}  // namespace varde::command
