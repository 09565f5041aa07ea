// Any text is a unit or is refused; a unit converts to itself without changing the number by much, and what is
// canonical stays as it is.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "fhir-model/ucum/ucum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde::fhir;
  const std::string_view code(reinterpret_cast<const char*>(data), size);
  const auto canonical = to_canonical(37.5, code);
  const auto same = convert(37.5, code, code);
  if (bool(canonical) != bool(same)) std::abort();
  const auto twice = to_canonical(75, code);
  const bool linear = twice && std::abs(twice->value - 2 * canonical->value) <= 1e-12 * std::abs(twice->value);
  const bool ordinary = linear && std::isnormal(canonical->value) && std::isnormal(twice->value);
  if (ordinary && std::abs(*same - 37.5) > 1e-9) std::abort();
  if (canonical && std::isnormal(canonical->value)) {
    const auto again = to_canonical(canonical->value, canonical->unit);
    if (!again || again->unit != canonical->unit) std::abort();
    if (std::abs(again->value - canonical->value) > 1e-12 * std::abs(canonical->value)) std::abort();
  }
  return 0;
}
