#include "server/messaging/route.h"

#include <algorithm>
#include <stdexcept>

namespace varde::messaging {

const Route& route_to(const std::vector<Route>& routes, std::string_view her_id) {
  const Route* everybody = nullptr;
  for (const auto& route : routes) {
    if (route.receivers.empty()) everybody = &route;
    if (std::find(route.receivers.begin(), route.receivers.end(), her_id) != route.receivers.end()) return route;
  }
  if (everybody == nullptr) throw std::logic_error("no route is for everybody");
  return *everybody;
}

const Route* find_route(const std::vector<Route>& routes, std::string_view name) {
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const Route& each) { return each.name == name; });
  return found == routes.end() ? nullptr : &*found;
}

void check(const std::vector<Route>& routes) {
  const auto for_everybody =
      std::count_if(routes.begin(), routes.end(), [](const Route& each) { return each.receivers.empty(); });
  if (for_everybody != 1) throw std::logic_error("exactly one route must be for everybody");
  for (const auto& route : routes)
    if (find_route(routes, route.name) != &route || route.sender == nullptr)
      throw std::logic_error("two routes have one name, or one has no transport: " + route.name);
}

}  // namespace varde::messaging
