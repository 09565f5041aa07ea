#pragma once
/// @file server/search/kind/number.h
/// What numbers and quantities have in common.
#include <string_view>
#include <vector>

#include "server/search/kind/kind.h"
#include "server/search/sortable.h"

namespace varde::search {

/// One end of what an element says: a decimal as it is written, or just beside it; empty: no end.
struct NumberEnd {
  std::string_view decimal;
  Side side = Side::exact;
};
/// Adds the row of a number or of a range of numbers; a row that is no decimal is left out.
void add_number(NumberEnd low, NumberEnd high, IndexRows::Number row, const Indexing& to);

/// A prefix and a number, and the range that they mean.
struct NumberAsked {
  Prefix prefix;
  Exact number, low, high;
  Side high_side;  ///< of ap both ends are within
};
Result<NumberAsked> read_number(std::string_view text, std::string_view parameter);
NumberValue value_of(const NumberAsked& asked);

/// Rows under those keys and of that unit which the value may fit.
void add_number_ranges(const std::vector<ParameterKey>& keys, const std::vector<ParameterKey>& long_keys,
                       const NumberValue& value, std::int64_t unit, std::vector<Range>& out);

/// The same exactly, in conditions.
void add_number_conditions(const Criterion& criterion, const NumberValue& value, std::vector<Condition>& out);

}  // namespace varde::search
