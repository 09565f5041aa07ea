#pragma once
/// @file server/operation/trend/axis.h
/// The scales of a chart: round numbers for values, whole days, months and years for time. Pure.
#include <string>
#include <vector>

#include "fhir-model/time/zone.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

/// Values from bottom to top; the ends are steps of the scale.
struct ValueAxis {
  double bottom = 0, top = 1, step = 1;
  double share(double value) const { return (value - bottom) / (top - bottom); }  ///< 0 at the bottom, 1 at the top
};
/// Holds all points and the limits that are near them.
ValueAxis value_axis(const Curve& curve);

struct Tick {
  storage::Instant at;
  std::string label;  ///< "24.11.", "nov.", "2026"
};
/// At most `most` of them, at the beginnings of days, weeks, months or years of the zone.
std::vector<Tick> time_ticks(const Span& span, const time::Zone& zone, std::size_t most);

std::string day_text(storage::Instant at, const time::Zone& zone);  ///< "24.11.2026"

}  // namespace varde::operation
