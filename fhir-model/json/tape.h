#pragma once
/// @file fhir-model/json/tape.h
/// JSON as a flat list of tokens: the only place that knows RapidJSON. Strings are unescaped in place, numbers kept as
/// text. Source: RFC 8259. Faults: not_well_formed, encoding_invalid, too_deep, too_large.
#include <cstdint>
#include <memory>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::fhir::json {

enum class Kind : std::uint8_t { object, array, end, key, string, number, boolean, null };

struct Token {
  const char* text;    ///< into the buffer, where the token begins
  std::uint32_t size;  ///< of a text; of object and array: index of their end token
  Kind kind;
  std::string_view view() const { return {text, size}; }
};

struct TapeLimits {
  std::size_t depth, tokens;
};

struct Tape {
  std::unique_ptr<Token[]> tokens;
  std::size_t size = 0;
  std::size_t values = 0;  ///< objects and literals: as many as elements that they can become, or more
};

/// `copy` is a NUL-terminated copy of `text`; it is rewritten in place and the tokens point into it.
Result<Tape> read_tape(std::string_view text, char* copy, const TapeLimits& limits);

}  // namespace varde::fhir::json
