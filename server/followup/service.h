#pragma once
/// @file server/followup/service.h
/// How a follow-up centre works, where settings say otherwise than the handbook: when it is open, by when each colour
/// is seen to, what goes to the journal by itself. Source: README.md, "Work" and "Journal".
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "server/followup/work/colour.h"

namespace varde::followup {

/// When somebody is at work: one shift a weekday, of the clock on the wall; nullopt: closed.
struct OpeningHours {
  struct Shift {
    std::chrono::minutes opens{}, closes{};
    bool operator==(const Shift&) const = default;
  };
  static constexpr Shift kUsual{std::chrono::hours(8), std::chrono::hours(15) + std::chrono::minutes(30)};
  /// From Monday on; at least one is not closed.
  std::array<std::optional<Shift>, 7> days{kUsual, kUsual, kUsual, kUsual, kUsual, std::nullopt, std::nullopt};
  std::optional<Shift> holidays;  ///< public ones
};

struct ResponseTime {
  Response response = Response::shift;
  int amount = 0;
};

/// Identity numbers of synthetic people: the setting `synthetic-numbers`.
enum class Synthetic : std::uint8_t { take, refuse };

struct Service {
  OpeningHours hours;
  std::array<ResponseTime, kColours.size()> responses = usual_responses();  ///< by Colour
  Synthetic synthetic = Synthetic::take;
  std::vector<std::string> journal;  ///< kinds of entries (journal/kind.h) that are written by themselves

  static constexpr std::array<ResponseTime, kColours.size()> usual_responses() {
    std::array<ResponseTime, kColours.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {kColours[i].response, kColours[i].amount};
    return all;
  }
};

}  // namespace varde::followup
