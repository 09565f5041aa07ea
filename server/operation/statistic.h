#pragma once
/// @file server/operation/statistic.h
/// The statistics of R4 that a series of home measurements can answer, as a table of pure functions.
/// Source: https://hl7.org/fhir/R4/codesystem-observation-statistics.html
/// Faults: code_invalid.
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::operation {

/// What a statistic is in.
enum class Scale : std::uint8_t {
  measured,  ///< the unit of the values
  squared,   ///< its square, which has no UCUM code here
  count,     ///< a number of measurements; 0 when there are none
  ratio,     ///< no unit
};

struct Statistic {
  std::string_view code, also, display;  ///< `also`: the short name the operation's own page uses
  Scale scale;
  int extra_decimals;  ///< beyond the measure's own; of a ratio all of them
  double (*of)(std::span<const double> ascending);
};

std::span<const Statistic> statistics();
Result<const Statistic*> find_statistic(std::string_view code);

}  // namespace varde::operation
