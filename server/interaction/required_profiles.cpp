#include "server/interaction/required_profiles.h"

#include "fhir-model/validation/validation.h"

namespace varde::interaction {

Result<void> RequiredProfiles::before(Act& act, fhir::Editor resource, const Pending&) {
  const auto asked = required_.find(resource.type());
  if (asked == required_.end()) return {};
  fhir::Findings findings(resource, fhir::Report::errors, &act.budget());
  fhir::check_profiles(findings, known_, asked->second);
  FHIR_TRY(act.budget().within());
  std::vector<Failure> failures = findings.take();
  if (failures.empty()) return {};
  return tl::unexpected<Failure>(fhir::as_one(std::move(failures)));
}

}  // namespace varde::interaction
