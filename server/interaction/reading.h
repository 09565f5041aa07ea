#pragma once
/// @file server/interaction/reading.h
/// A read on one snapshot, within what the request may cost.
/// Faults: too_costly, beside those of the reader.
#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// `reader` returns a Result; a statement that had to be ended for its cost is one more Failure, so that the other
/// entries of a batch still get their answers.
template <class Reader>
auto read_within(const Request& request, Context& context, Reader&& reader)
    -> decltype(reader(std::declval<const View&>())) {
  try {
    return context.repository.read(std::forward<Reader>(reader), *request.budget);
  } catch (const OverBudget& over) {
    return tl::unexpected<Failure>(over.failure());
  }
}

}  // namespace varde::interaction
