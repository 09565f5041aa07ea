#pragma once
/// @file fhir-model/text/position.h
/// From a byte of a text to the line and column that a person sees.
#include <cstddef>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::fhir::text {

/// Lines end with \n; columns count characters, not bytes. Asked in the order of the text it reads the text once.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {}
  Place at(std::size_t offset);

 private:
  std::string_view text_;
  std::size_t read_ = 0;
  Place place_{1, 1};
};

Place place_of(std::string_view text, std::size_t offset);
std::string to_words(Place place);  ///< "line 3, column 14"

}  // namespace varde::fhir::text
