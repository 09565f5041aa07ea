#pragma once
/// @file server/search/concepts.h
/// Codes that a search names by what they belong to: the members of a value set (:in, :not-in), what stands below or
/// above a code (:below, :above).
/// Source: https://hl7.org/fhir/R4/search.html#token
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::search {

struct Coded {
  std::string system, code;
};

/// Whoever knows terminology; lives as long as the search is read.
class Concepts {
 public:
  enum class Direction : std::uint8_t { below, above };
  virtual ~Concepts() = default;

  /// Faults: not_found (no such value set here), not_supported (it draws on what is not known here), too_large.
  virtual Result<std::vector<Coded>> members(std::string_view value_set) = 0;
  /// The code itself, and all that the system says stand below or above it.
  /// Faults: not_found (no such system here), code_invalid.
  virtual Result<std::vector<Coded>> related(Direction direction, std::string_view system, std::string_view code) = 0;
};

}  // namespace varde::search
