#pragma once
/// @file server/followup/rule/rule.h
/// What a rule is: a pure function of what the plan says, the readings of its window and the clock. Everything it looks
/// at comes in, so that any finding can be worked out again from what is recorded with it.
/// One kind is one file beside this one, and one row in rules.cpp. Safe from any thread.
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/time/text.h"
#include "fhir-model/time/zone.h"
#include "server/followup/measure.h"
#include "server/followup/rule/limit.h"
#include "server/followup/rule/settings.h"
#include "server/followup/rule/zone.h"
#include "server/storage/storage.h"

namespace varde::followup::rule {

using storage::Instant;

/// A number that was measured, in the unit of the plan.
struct Point {
  Instant time{};
  double value = 0;
  storage::ResourceKey observation{};  ///< none of the reading that is being written
  char comparator = 0;                 ///< '<' or '>' when it is only a bound

  bool is_exact() const { return comparator == 0; }
};

/// Of a reading that has several values, such as a score's.
struct Part {
  std::string measure;  ///< key
  double value = 0;     ///< in the measure's unit
};

/// The readings of one measure that a rule sees.
struct Window {
  Instant from{}, to{};
  std::span<const Point> points;     ///< by time; the last is the reading that is judged
  std::span<const Part> parts = {};  ///< of that reading

  const Point& judged() const { return points.back(); }
};

/// Of one measure of one patient.
struct Plan {
  const Measure* measure = nullptr;
  std::string_view name;  ///< of the measure, in Norwegian
  const LimitSet& limits;
  const Settings& settings;
};

/// When a reading was made, for people: as exactly as it says, and no more.
struct Told {
  std::string words;
  bool is_to_the_day = true;  ///< no month or year
};

struct Moment {
  Instant now{};
  const time::Zone& zone;
  /// By the words of the reading itself; empty: by the clock.
  std::function<Told(const Point&)> told = {};

  Told when(const Point& point) const { return told ? told(point) : Told{time::norwegian_text(point.time, zone)}; }
};

/// When a rule is asked.
enum class When : std::uint8_t {
  always,   ///< of every value, without a plan
  limits,   ///< of every value that has limits
  parts,    ///< of a score that comes as its parts; the plan may say how by the extension `rule`
  planned,  ///< where the plan asks for it by the extension `rule`
  deadline  ///< at the end of a window of the plan's rhythm
};

struct Rule {
  std::string_view code;     ///< of CodeSystem rule-kind
  std::string_view version;  ///< recorded with what it finds: changes when the same inputs may give another finding
  When when;
  std::span<const Parameter> parameters;
  /// What does not hold together, in English and Norwegian; empty: nothing. nullptr: the table of parameters says all.
  std::string (*mistake)(const Settings&, const LimitSet&);
  /// How long before the reading the window begins; nullptr: it sees the reading alone.
  std::chrono::seconds (*lookback)(const Settings&);
  /// What it found, the plain cases too; may throw, which is told as a technical alert.
  std::vector<Finding> (*evaluate)(const Plan&, const Window&, const Moment&);
};

}  // namespace varde::followup::rule
