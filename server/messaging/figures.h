#pragma once
/// @file server/messaging/figures.h
/// What the gateway counts for /metrics, in the Prometheus text format: what waits and how long, per route, and what
/// needs somebody, by state. Names of routes and states alone; nothing of a message.
#include <string>
#include <vector>

#include "server/interaction/act.h"
#include "server/messaging/route.h"

namespace varde::messaging {

std::string figures(const interaction::View& view, const std::vector<Route>& routes);

}  // namespace varde::messaging
