#pragma once
/// @file server/messaging/route.h
/// The ways out: which transport a message goes by. One row per route; which receivers go by which is decided when the
/// message is written, so that what waits for one receiver keeps its order.
/// Pure; any thread.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/transport.h"

namespace varde::messaging {

struct Route {
  std::string name;                    ///< stands in the outbox's rows: letters, digits and '-'
  adapters::Sender* sender = nullptr;  ///< outlives the gateway; used by one thread at a time
  std::vector<std::string> receivers;  ///< HER-ids that go by it; empty: everybody whom no other route names
  std::chrono::seconds first_retry{30}, longest_retry{3600};  ///< its pace when it fails
  std::chrono::seconds pace{0};  ///< at least between two messages to the same receiver, whatever they are; 0: none
};

/// The route to that communication party. Throws std::logic_error when there is none: see check.
const Route& route_to(const std::vector<Route>& routes, std::string_view her_id);
const Route* find_route(const std::vector<Route>& routes, std::string_view name);
/// Exactly one route is for everybody, and no two have the same name: std::logic_error otherwise, at wiring.
void check(const std::vector<Route>& routes);

}  // namespace varde::messaging
