#pragma once
/// @file server/followup/rule/limit.h
/// Rule kind `limit`: which zone of a patient's own limits a value lies in.
/// Ranges are half-open, [low, high), so that neighbours share a boundary and no value belongs to two. The highest
/// range includes its own high when it has one: no neighbour claims it. A value that no range covers is red: nobody has
/// said that it is safe. Faults: business_rule (no green range, a gap, an overlap, low not below high).
/// Pure; safe from any thread.
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/followup/rule/zone.h"
#include "server/storage/storage.h"

namespace varde::followup {

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
/// Of checked limits: on both sides of the green it only becomes worse, further out; else two colours are mistaken for
/// each other. Asked when limits are saved; what was stored before is judged by all the same. Faults: business_rule.
Result<void> check_order(const LimitSet& limits);

enum class Side : std::uint8_t { inside, below, above };  ///< of the green range
/// What a rule says of a reading.
struct Finding {
  Zone zone = Zone::grey;
  Side side = Side::inside;      ///< of a limit
  std::optional<Bound> crossed;  ///< of a limit: the boundary of that zone which faces green
  Doubt doubt = Doubt::none;
  std::string_view rule = {};                   ///< its code
  std::string text = {};                        ///< in Norwegian, for the nurse; a limit's is made of `crossed`
  std::vector<storage::ResourceKey> seen = {};  ///< the stored readings that it was made of
  std::optional<double> value = {};             ///< of a score: what was worked out
};
Finding evaluate(const LimitSet& limits, double value);

/// One line, for storage beside the plan and for tables of our own: "%;r:-:85;y:85:90;g:90:-".
std::string to_text(const LimitSet& limits);
/// The inverse; what it says is still to be proved by checked(). Throws Damaged when it is not what to_text writes:
/// limits that cannot be read are never a set without ranges.
LimitSet from_text(std::string_view text);
struct Damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace varde::followup
