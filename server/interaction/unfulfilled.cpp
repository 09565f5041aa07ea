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

Result<void> refuse_active(fhir::Editor parameter) {
  if (parameter["status"].value() != "active") return {};
  return fail(
      Fault::business_rule,
      "Searches here go by the parameters of R4, which /metadata lists; another is not taken into use. Store it "
      "with status draft.",
      "SearchParameter.status");
}

struct Row {
  std::string_view type;
  Result<void> (*settle)(fhir::Editor);
};
constexpr std::array kRows{Row{"Subscription", switch_off}, Row{"SearchParameter", refuse_active}};

}  // namespace

Result<void> Unfulfilled::before(Act&, fhir::Editor resource, const Pending&) {
  const auto row = std::ranges::find(kRows, resource.type_name(), &Row::type);
  return row == kRows.end() ? Result<void>() : row->settle(resource);
}

}  // namespace varde::interaction
