#pragma once
/// @file server/followup/schedule.h
/// When a planned measurement is to be made: the rhythm of ServiceRequest.occurrenceTiming, as windows of time that
/// follow each other. Days are the deployment's.
/// Source: https://hl7.org/fhir/R4/datatypes.html#Timing
/// Pure; safe from any thread.
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/instant.h"

namespace varde::followup {

/// Half-open: so many measurements between `begin` and `end`.
struct Window {
  Instant begin, end;
  int times = 1;
};

/// What a plan says of the end of a window, by the extension `deadline`.
struct Deadline {
  std::chrono::seconds grace{0};   ///< so long what was measured in the window may still come in
  std::chrono::seconds remind{0};  ///< so long before the end the patient is reminded; 0: never
  bool operator==(const Deadline&) const = default;
};
/// Faults: value_malformed, element_unknown.
Result<Deadline> deadline_of(fhir::Element service_request);

class Schedule {
 public:
  /// nullopt: the request has no rhythm that a window could be made of (one occurrence, events, every eighth hour ...).
  static std::optional<Schedule> of(fhir::Element service_request, const time::Zone& zone);

  /// The first whole window that begins at `from` or later; nullopt when the plan is over before it ends.
  std::optional<Window> next(Instant from) const;

 private:
  explicit Schedule(const time::Zone& zone) : zone_(zone) {}
  Instant midnight(std::chrono::local_days day) const;
  bool has_day(std::chrono::local_days day) const;
  std::optional<Window> next_of_days(Instant from) const;
  std::optional<Window> next_of_rhythm(Instant from) const;

  time::Zone zone_;
  Bounds bounds_;
  std::chrono::local_days anchor_{};  ///< the first day of a window
  int times_ = 1, days_ = 0, months_ = 0;
  std::array<bool, 7> weekdays_{};                 ///< from Sunday; none: every day
  std::vector<std::chrono::seconds> clock_times_;  ///< of a day, ascending; none: at any time
};

}  // namespace varde::followup
