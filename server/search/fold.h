#pragma once
/// @file server/search/fold.h
/// Text as string searches compare it and lists of people are sorted by it.
/// Source: https://hl7.org/fhir/R4/search.html#string ("regardless of case and accents or other diacritical marks"),
///         Unicode's decompositions and case foldings (ICU).
/// A decision: æ, ø and å are letters of their own, as Norwegians read them. `ase` does not find Åse, and a list has
/// them after z, in that order. The Swedes' and Germans' ä and ö count as æ and ø, ð as d, þ as th, and letters with a
/// stroke (đ ł ŧ) as those without; every other accent is dropped, in any script.
#include <string>
#include <string_view>

namespace varde::search {

/// White space in single blanks, controls dropped. The result is a key: to be compared and sorted bytewise, not shown.
/// Unicode NFC and NFD fold alike. `text` must be UTF-8. Pure; safe from any thread.
std::string fold(std::string_view text);

/// Lower case alone, in any script.
std::string fold_case(std::string_view text);

}  // namespace varde::search
