#pragma once
/// @file server/interaction/asking.h
/// What a search goes by beside its parameters: who asks, when, and within which limits.
#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/interaction/terms.h"
#include "server/search/query.h"

namespace varde::interaction {

/// What searches of the view know beside R4's parameters.
search::Own own_of(const View& view);

/// `terms` and `view` outlive what is given.
search::Asking asking_of(const Request&, const View& view, Terms& terms, const Context&, search::Handling handling);

}  // namespace varde::interaction
