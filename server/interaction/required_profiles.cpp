#include "server/interaction/required_profiles.h"

#include <iterator>

namespace varde::interaction {

Result<void> RequiredProfiles::before(storage::Transaction&, fhir::Editor resource, fhir::Element) {
  const auto asked = required_.find(resource.type());
  if (asked == required_.end()) return {};
  fhir::Findings findings(resource);
  fhir::check_profiles(findings, known_, asked->second);
  std::vector<Failure> failures = findings.take();
  if (failures.empty()) return {};
  Failure first = std::move(failures.front());
  first.also.assign(std::make_move_iterator(failures.begin() + 1), std::make_move_iterator(failures.end()));
  return tl::unexpected<Failure>(std::move(first));
}

}  // namespace varde::interaction
