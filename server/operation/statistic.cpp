#include "server/operation/statistic.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>
#include <string>

namespace varde::operation {

namespace {

using Ascending = std::span<const double>;

double count(Ascending values) { return static_cast<double>(values.size()); }
double sum(Ascending values) { return std::accumulate(values.begin(), values.end(), 0.0); }
double average(Ascending values) { return sum(values) / count(values); }
double minimum(Ascending values) { return values.front(); }
double maximum(Ascending values) { return values.back(); }

/// Of the sample: the readings stand for the patient's days, they are not all of them.
double variance(Ascending values) {
  if (values.size() < 2) return 0;
  const double mean = average(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / (count(values) - 1);
}
double standard_deviation(Ascending values) { return std::sqrt(variance(values)); }

/// The mean of the values' distances from their average, in standard deviations, each to that power; 0 where all are
/// alike. Of the sample as it is, not of what it is drawn from.
double moment(Ascending values, int power) {
  const double mean = average(values);
  double squares = 0, powers = 0;
  for (const double value : values) squares += (value - mean) * (value - mean), powers += std::pow(value - mean, power);
  const double deviation = std::sqrt(squares / count(values));
  return deviation == 0 ? 0 : powers / count(values) / std::pow(deviation, power);
}
double skew(Ascending values) { return moment(values, 3); }
/// Beyond that of a normal distribution.
double kurtosis(Ascending values) {
  const double fourth = moment(values, 4);
  return fourth == 0 ? 0 : fourth - 3;
}

/// Linear interpolation between the closest ranks.
double quantile(Ascending values, double share) {
  const double rank = share * (count(values) - 1);
  const auto below = static_cast<std::size_t>(rank);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (rank - static_cast<double>(below)) * (values[above] - values[below]);
}
template <int Percent>
double percentile(Ascending values) {
  return quantile(values, Percent / 100.0);
}
double quartile_deviation(Ascending values) { return (percentile<75>(values) - percentile<25>(values)) / 2; }

// clang-format off
constexpr std::array kStatistics{
    Statistic{"average",    "",    "Average",            Scale::measured, 1, average},
    Statistic{"maximum",    "max", "Maximum",            Scale::measured, 0, maximum},
    Statistic{"minimum",    "min", "Minimum",            Scale::measured, 0, minimum},
    Statistic{"count",      "",    "Count",              Scale::count,    0, count},
    Statistic{"sum",        "",    "Sum",                Scale::measured, 0, sum},
    Statistic{"median",     "",    "Median",             Scale::measured, 1, percentile<50>},
    Statistic{"std-dev",    "",    "Standard Deviation", Scale::measured, 2, standard_deviation},
    Statistic{"variance",   "",    "Variance",           Scale::squared,  2, variance},
    Statistic{"20-percent", "5-1", "20th Percentile",    Scale::measured, 1, percentile<20>},
    Statistic{"80-percent", "5-4", "80th Percentile",    Scale::measured, 1, percentile<80>},
    Statistic{"5-2",        "",    "2nd Quintile",       Scale::measured, 1, percentile<40>},
    Statistic{"5-3",        "",    "3rd Quintile",       Scale::measured, 1, percentile<60>},
    Statistic{"4-lower",    "",    "Lower Quartile",     Scale::measured, 1, percentile<25>},
    Statistic{"4-upper",    "",    "Upper Quartile",     Scale::measured, 1, percentile<75>},
    Statistic{"4-dev",      "",    "Quartile Deviation", Scale::measured, 2, quartile_deviation},
    Statistic{"skew",       "",    "Skew",               Scale::ratio,    3, skew},
    Statistic{"kurtosis",   "",    "Kurtosis",           Scale::ratio,    3, kurtosis},
};
// clang-format on

}  // namespace

std::span<const Statistic> statistics() { return kStatistics; }

Result<const Statistic*> find_statistic(std::string_view code) {
  std::string names;
  for (const auto& row : kStatistics) {
    if (row.code == code || (!row.also.empty() && row.also == code)) return &row;
    names.append(names.empty() ? "" : ", ").append(row.code);
  }
  return fail(Fault::code_invalid, fmt::format("that statistic is not computed here; these are: {}", names),
              "statistic");
}

}  // namespace varde::operation
