#pragma once
/// @file server/search/ranges.h
/// The ranges of the index tables that hold what a criterion asks for.
#include <optional>
#include <string>
#include <vector>

#include "server/search/criterion.h"
#include "server/storage/search/range.h"

namespace varde::search {

using storage::behind;
using storage::cell;
using storage::Cell;
using storage::next_to;
using storage::Position;
using storage::Range;
using storage::Walk;

/// Limits on the begin of a span that fits; `is_short`: the span is at most a day long.
struct BeginBounds {
  std::optional<Cell> from, until;
};
BeginBounds begin_bounds(const DateValue& value, bool is_short);

Range text_range(Walk walk, ParameterKey key, std::string from, std::string until);
/// References to one resource; of one patient's resources, when there is one.
Range target_range(ParameterKey key, storage::TypeKey target, const std::string& id, storage::PatientKey patient);
/// References by that URL, with and without a version behind a bar.
void add_url_ranges(ParameterKey key, const ReferenceValue& value, std::vector<Range>& out);

}  // namespace varde::search
