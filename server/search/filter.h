#pragma once
/// @file server/search/filter.h
/// The text of a _filter as a tree: comparisons joined by and, or, not.
/// Source: https://hl7.org/fhir/R4/search_filter.html (3.1.3). and and or are read from left to right, neither before
/// the other; brackets say otherwise.
/// Faults: parameter_malformed, with the character where it was not understood. Pure; safe from any thread.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::search {

struct Filter {
  enum class Of : std::uint8_t { compare, all, any, none };
  Of of = Of::compare;
  std::vector<Filter> parts = {};
  // of a comparison
  std::string name = {};       ///< "subject.name"; what a step says in brackets is a number there: "subject[0].name"
  std::string operation = {};  ///< "eq"
  std::string value = {};
  std::size_t at = 1;  ///< the character that it begins at, the first is 1
};

struct ParsedFilter {
  Filter whole;
  std::vector<Filter> in_brackets;  ///< of names
};

Result<ParsedFilter> parse_filter(std::string_view text);

}  // namespace varde::search
