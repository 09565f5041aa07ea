#pragma once
/// @file server/operation/statistic.h
/// The statistics of R4 that a series of home measurements can answer, as a table of pure functions.
/// Source: https://hl7.org/fhir/R4/codesystem-observation-statistics.html
/// Faults: code_invalid.
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::operation {

struct Statistic {
  std::string_view code, also, display;  ///< `also`: the short name the operation's own page uses
  bool is_count;                         ///< a number of measurements: has no unit and is 0 when there are none
  int extra_decimals;                    ///< beyond the measure's own
  double (*of)(std::span<const double> ascending);
};

std::span<const Statistic> statistics();
Result<const Statistic*> find_statistic(std::string_view code);

}  // namespace varde::operation
