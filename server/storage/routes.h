#pragma once
/// @file server/storage/routes.h
/// How the outbox's routes are doing: attempts that failed since the last one that did not, over restarts.
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/storage/storage.h"

namespace varde::storage {

struct RouteFailures {
  std::int64_t count = 0;
  Instant since{};  ///< of the first of them
};

namespace routes {
RouteFailures failures(const Snapshot&, std::string_view route);
/// An attempt failed: how many have now.
RouteFailures failed(Transaction&, std::string_view route);
/// An attempt did not: how many had before it.
RouteFailures recovered(Transaction&, std::string_view route);
}  // namespace routes

}  // namespace varde::storage
