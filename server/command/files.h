#pragma once
/// @file server/command/files.h
/// Files given on the command line; `-` is standard input.
/// Faults: not_found, too_large.
#include <string>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::command {

inline constexpr std::size_t kLargestFile = 256u << 20;

Result<std::string> read_file(const std::string& name);
/// JSON or XML, by the first character.
Result<fhir::Tree> read_resource(const std::string& name);
/// "name: place: what is wrong", a line per failure, to standard error.
void print_failures(const std::string& name, const Failure& failure);

}  // namespace varde::command
