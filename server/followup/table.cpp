#include "server/followup/table.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "conformance/embedded.h"
#include "fhir-model/text/trim.h"
#include "server/followup/codes.h"

namespace varde::followup {

namespace {

struct PrefixRow {
  std::string_view prefix, system;
};
constexpr std::array kPrefixes{PrefixRow{"loinc", codes::kLoinc}, PrefixRow{"sct", codes::kSnomed},
                               PrefixRow{"npu", codes::kNpu}, PrefixRow{"mdc", codes::kMdc}};

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(fhir::text::trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<TableRow> read_table(std::string_view path, char separator) {
  for (const auto& file : embedded::conformance::files()) {
    if (file.path != path) continue;
    std::vector<TableRow> rows;
    for (const auto line : split(file.content, '\n'))
      if (!line.empty() && !line.starts_with('#')) rows.push_back(split(line, separator));
    return rows;
  }
  throw std::logic_error("no embedded table " + std::string(path));
}

std::string full_key(std::string_view shortened) {
  const auto colon = shortened.find(':');
  const auto prefix = shortened.substr(0, colon), code = shortened.substr(colon + 1);
  for (const auto& row : kPrefixes)
    if (row.prefix == prefix) return fmt::format("{}|{}", row.system, code);
  throw std::logic_error("no code system is shortened to " + std::string(prefix));
}

}  // namespace varde::followup
