#pragma once
/// @file server/interaction/read.h
/// read and vread on one snapshot; a transaction's GET entries read through the same.
#include "server/interaction/act.h"
#include "server/interaction/answer.h"

namespace varde::interaction {

/// Faults: id_malformed, not_found, gone, not_supported.
Result<Response> read_current(const Request& request, const View& view);
Result<Response> read_version(const Request& request, const View& view);

}  // namespace varde::interaction
