#pragma once
/// @file server/search/kind/words.h
/// The words of a text as full text rows have them (words.cpp).
#include <string>
#include <string_view>
#include <vector>

namespace varde::search {

/// What a text that begins with another one must hold: its words, of which the last may go on.
struct Beginning {
  std::vector<std::string> stems;  ///< of all words but the last
  std::string last;                ///< folded; a row of its word's stem begins with it, or is a beginning of it
};
Beginning words_of(std::string_view text);

}  // namespace varde::search
