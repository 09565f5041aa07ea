#pragma once
/// @file server/followup/rule/zone.h
/// The colours of a judgement, and why a value has none. Pure; safe from any thread.
#include <cstdint>
#include <optional>
#include <string_view>

namespace varde::followup {

/// Ordered by severity: the worst of several is the largest. What could not be judged is worse than green: nobody
/// knows.
enum class Zone : std::uint8_t { green, grey, yellow, red };
constexpr Zone worst(Zone a, Zone b) { return a < b ? b : a; }
char letter(Zone zone);                 ///< as in storage::Measurement::zone
std::string_view code(Zone zone);       ///< of CodeSystem alert-level
std::string_view norwegian(Zone zone);  ///< "rød"
std::optional<Zone> zone_of(std::string_view code);
std::optional<Zone> zone_of(char letter);

/// Why a value has no colour.
enum class Doubt : std::uint8_t {
  none,
  absent,             ///< the sender says that it was not measured
  no_value,           ///< nothing, or not for a reason: a device that failed
  not_a_number,       ///< a text, a range, a code ...
  unit,               ///< missing, or of another dimension
  impossible,         ///< no living patient has it
  open_ended,         ///< "<95 %": it may lie inside the green or far below it
  modified,           ///< a modifierExtension says something that nobody here understands
  ahead_of_time,      ///< dated in the future
  unknown_code,       ///< a number of something that nobody has planned
  no_limits,          ///< nobody has set any
  limits_unreadable,  ///< what is stored of them is damaged
  part_missing,       ///< a score without all of its parts: it is at least what they sum to
  rule_failed         ///< a rule of the plan could not be worked out
};

}  // namespace varde::followup
