#include "server/operation/csv.h"

namespace varde::operation {

std::string csv_field(std::string_view text) {
  std::string out;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out.find_first_of(",\"\r\n") == std::string::npos ? out : '"' + out + '"';
}

}  // namespace varde::operation
