#pragma once
/// @file server/storage/measured.h
/// The numbers of one measure as rules look back on them: what they judge by and nothing else, in one statement. What
/// is shown or counted is read by Snapshot::measurements.
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::measured {

struct Number {
  Instant time;
  ResourceKey observation;
  double value;
  char comparator;   ///< '<' or '>' when it is only a bound; 0: the value itself
  std::size_t unit;  ///< index into Numbers::units
};
struct Numbers {
  std::vector<Number> rows;
  std::vector<std::string> units;  ///< UCUM codes
};
/// Those that stand with from <= time < to, newest first; at most `count`.
Numbers within(const Snapshot&, PatientKey patient, std::string_view measure, Instant from, Instant to,
               std::size_t count);

}  // namespace varde::storage::measured
