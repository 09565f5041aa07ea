#pragma once
/// @file server/interaction/search.h
/// A search on one snapshot; a Bundle's GET entries search through the same.
#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// `compartment`: the Patient's id, or empty.
Result<Response> search_in(const Request& request, std::string_view compartment, const View& view,
                           const Context& context);

}  // namespace varde::interaction
