#pragma once
/// @file server/followup/rule/limit.h
/// Rule kind `limit`: which zone of a patient's own limits a value lies in.
/// Ranges are half-open, [low, high), so that neighbours share a boundary and no value belongs to two. The highest
/// range includes its own high when it has one: no neighbour claims it. A value that no range covers is red: nobody has
/// said that it is safe. Faults: business_rule (no green range, a gap, an overlap, low not below high), value_malformed
/// (stored text that is damaged). Pure; safe from any thread.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::followup {

/// Ordered by severity: the worst of several is the largest. What could not be judged is worse than green: nobody
/// knows.
enum class Zone : std::uint8_t { green, grey, yellow, red };
constexpr Zone worst(Zone a, Zone b) { return a < b ? b : a; }
char letter(Zone zone);                 ///< as in storage::Measurement::zone
std::string_view code(Zone zone);       ///< of CodeSystem alert-level
std::string_view norwegian(Zone zone);  ///< "rød"
std::optional<Zone> zone_of(std::string_view code);

/// A boundary as it was written, and as a number.
struct Bound {
  std::string literal;
  double value = 0;
};

struct ZoneRange {
  Zone zone = Zone::green;
  std::optional<Bound> low, high;
};

/// All ranges of one measure, in one unit, ascending.
struct LimitSet {
  std::string unit;  ///< UCUM code that the boundaries are in
  std::vector<ZoneRange> ranges;
};

/// Sorts the ranges and proves that they are usable.
Result<LimitSet> checked(LimitSet limits);

enum class Side : std::uint8_t { inside, below, above };  ///< of the green range
struct LimitFinding {
  Zone zone = Zone::grey;
  Side side = Side::inside;
  std::optional<Bound> crossed;  ///< the boundary of that zone which faces green
};
LimitFinding evaluate(const LimitSet& limits, double value);

/// One line, for storage beside the plan: "%;r:-:85;y:85:90;g:90:-".
std::string to_text(const LimitSet& limits);
/// The inverse; what it says is still to be proved by checked(). Damaged text is a Failure, never a set without ranges.
Result<LimitSet> from_text(std::string_view text);

}  // namespace varde::followup
