#include "server/interaction/asking.h"

#include <algorithm>

namespace varde::interaction {
namespace {

/// Whom no rights hold back, and who operates the server: neither is told more than may be seen anyway.
bool may_explain(const Request& request) {
  const auto& roles = request.principal->roles;
  return request.principal->is_unrestricted() || std::ranges::find(roles, "operator") != roles.end();
}

}  // namespace

search::Own own_of(const View& view) {
  return {[&view]() -> const search::OwnParameters& { return view.own_parameters(); }, view.store().r4_is_reindexed()};
}

search::Asking asking_of(const Request& request, const View& view, Terms& terms, const Context& context,
                         search::Handling handling) {
  return {.snapshot = view,
          .base = request.base,
          .now = view.now(),
          .handling = handling,
          .concepts = &terms,
          .restriction = view.restriction(),
          .default_count = context.limits.default_count,
          .longest_page = context.limits.longest_page,
          .page_bytes = context.limits.page_bytes,
          .may_explain = may_explain(request),
          .own = own_of(view)};
}

}  // namespace varde::interaction
