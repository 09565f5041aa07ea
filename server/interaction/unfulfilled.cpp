#include "server/interaction/unfulfilled.h"

#include <algorithm>
#include <array>

namespace varde::interaction {
namespace {

/// "The server sets the status ... if it is not able to": a Subscription has a place to say why.
Result<void> switch_off(fhir::Editor subscription) {
  const std::string_view status = subscription["status"].value();
  if (status != "active" && status != "requested") return {};
  subscription.set("status", "off");
  subscription.set("error", "This server sends no notifications yet: the subscription is kept and is off.");
  return {};
}

struct Row {
  std::string_view type;
  Result<void> (*settle)(fhir::Editor);
};
constexpr std::array kRows{Row{"Subscription", switch_off}};

}  // namespace

Result<void> Unfulfilled::before(Act&, fhir::Editor resource, const Pending&) {
  const auto row = std::ranges::find(kRows, resource.type_name(), &Row::type);
  return row == kRows.end() ? Result<void>() : row->settle(resource);
}

}  // namespace varde::interaction
