#pragma once
/// @file server/followup/work/colour.h
/// The colours that nurses work by, of a Task: what it is about and how soon somebody must see to it.
/// Source: the handbook of the follow-up centres (README.md, "Work"); https://hl7.org/fhir/R4/task.html
/// Pure; safe from any thread.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::followup {

/// The most urgent first: this is the order of a worklist.
enum class Colour : std::uint8_t { red, yellow, technical, blue, not_done, grey, other, green };

/// By when somebody has to see to it.
enum class Response : std::uint8_t {
  minutes,  ///< of red by the clock on the wall, day and night; of others of the time in which somebody is at work
  shift,    ///< before the shift ends; what comes while it is closed, before the next one ends
  shifts,   ///< so many shifts later
  days,     ///< so many days later
};

struct ColourRow {
  Colour colour;
  std::string_view code, name;  ///< `name` in Norwegian
  Response response;
  int amount;
  bool escalates;  ///< nobody takes it: it is told on
};
// clang-format off
inline constexpr std::array kColours{
    //        Colour              code         name                    response           amount  escalates
    ColourRow{Colour::red,       "red",       "rød",                   Response::minutes, 30,     true},
    ColourRow{Colour::yellow,    "yellow",    "gul",                   Response::shift,   0,      true},
    ColourRow{Colour::technical, "technical", "teknisk",               Response::shift,   0,      true},
    ColourRow{Colour::blue,      "blue",      "blå",                   Response::shift,   0,      true},
    ColourRow{Colour::not_done,  "not-done",  "grønn, ikke utført",    Response::shifts,  1,      false},
    ColourRow{Colour::grey,      "grey",      "grå",                   Response::days,    14,     false},
    ColourRow{Colour::other,     "other",     "oppgave",               Response::shifts,  2,      false},
    ColourRow{Colour::green,     "green",     "grønn",                 Response::shifts,  2,      false},
};
// clang-format on
constexpr const ColourRow& row_of(Colour colour) { return kColours[static_cast<std::size_t>(colour)]; }

std::optional<Colour> colour_of_code(std::string_view code);
/// nullopt: a Task of somebody else's kind.
std::optional<Colour> colour_of(fhir::Element task);

}  // namespace varde::followup
