#include "fhir-model/text/position.h"

#include <algorithm>

namespace varde::fhir::text {

Place Positions::at(std::size_t offset) {
  if (offset < read_) read_ = 0, place_ = {1, 1};
  const std::size_t end = std::min(offset, text_.size());
  for (; read_ < end; ++read_) {
    const char c = text_[read_];
    if (c == '\n')
      ++place_.line, place_.column = 1;
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)  // a byte that goes on with a character counts nothing
      ++place_.column;
  }
  return place_;
}

Place place_of(std::string_view text, std::size_t offset) { return Positions(text).at(offset); }

std::string to_words(Place place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

}  // namespace varde::fhir::text
