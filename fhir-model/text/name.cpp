#include "fhir-model/text/name.h"

#include <algorithm>

namespace varde::fhir::text {

std::string_view repeatable(std::string_view name) {
  constexpr std::size_t kLongest = 64, kDigits = 6;
  constexpr std::string_view kInstead = "(not repeated)";
  if (name.size() > kLongest) return kInstead;
  std::size_t digits = 0;
  for (const char c : name) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits == kDigits || static_cast<unsigned char>(c) < 0x20) return kInstead;
  }
  return name;
}

}  // namespace varde::fhir::text
