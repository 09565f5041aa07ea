#pragma once
/// @file fhir-model/time/zone.h
/// The clock on the wall of a place: the one rule of summer time that dates without zone are read by, everywhere.
/// Source: the system's tz database (IANA), https://www.iana.org/time-zones
/// Faults: parameter_malformed (no such zone). A small value to copy; safe from any thread.
#include <chrono>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace date {
class time_zone;
}

namespace varde::time {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Wall = std::chrono::local_time<std::chrono::microseconds>;  ///< what the clock on the wall shows

class Zone {
 public:
  /// "Europe/Oslo"
  static Result<Zone> named(std::string_view name);
  /// Of all of Norway, and of the national messages. Throws when the system has no tz database.
  static Zone norway();

  Wall wall(Instant at) const { return Wall(at.time_since_epoch()) + offset_at(at); }
  /// The hour that autumn repeats is taken as its first time round, the hour that spring skips as summer time.
  Instant instant(Wall wall) const { return Instant(wall.time_since_epoch()) - offset_of(wall); }

  /// Ahead of UTC, in whole minutes.
  std::chrono::minutes offset_at(Instant at) const;
  std::chrono::minutes offset_of(Wall wall) const;
  std::string_view name() const;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;
};

}  // namespace varde::time
