#pragma once
/// @file server/followup/table.h
/// The embedded text tables of conformance/followup: lines of fields, `#` begins a comment line.
#include <string>
#include <string_view>
#include <vector>

namespace varde::followup {

using TableRow = std::vector<std::string_view>;

std::vector<std::string_view> split(std::string_view text, char separator);  ///< fields without surrounding blanks
/// Throws std::logic_error when there is no such file: it is our own.
std::vector<TableRow> read_table(std::string_view path, char separator);
/// "loinc:2708-6" -> "http://loinc.org|2708-6"; loinc, sct and npu.
std::string full_key(std::string_view shortened);

}  // namespace varde::followup
