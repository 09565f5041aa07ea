#pragma once
/// @file server/operation/xlsx.h
/// A workbook that any spreadsheet opens: sheets of texts and numbers, the first row as heading.
/// Source: ECMA-376 (SpreadsheetML), inline strings. Pure.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace varde::operation {

inline constexpr std::string_view kXlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Nothing, a text, a number. A text is never a formula.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double>;

struct Sheet {
  std::string name;  ///< at most 31 characters, none of []:*?/\ .
  std::vector<std::vector<Cell>> rows;
};
std::string to_xlsx(const std::vector<Sheet>& sheets);

}  // namespace varde::operation
