#include "server/interaction/reach.h"

#include <algorithm>
#include <array>

#include "server/search/index.h"

namespace varde::interaction {
namespace {

/// Where one of another type turns out to go no further, it may stand here: one that does go further costs a second
/// attempt, and nothing else.
constexpr std::array<std::string_view, 8> kOfOnePatient{"AllergyIntolerance",  "Condition",    "DiagnosticReport",
                                                        "FamilyMemberHistory", "Immunization", "Observation",
                                                        "MedicationStatement", "Procedure"};

}  // namespace

storage::Reach reach_of(const std::vector<fhir::Element>& resources, std::string_view base) {
  storage::Reach reach{.everything = false};
  for (const fhir::Element resource : resources) {
    if (std::ranges::find(kOfOnePatient, resource.type_name()) == kOfOnePatient.end()) return {};
    std::string patient = search::compartment_patient(resource, base, nullptr);
    if (patient.empty()) return {};
    reach.patients.push_back(std::move(patient));
  }
  return reach;
}

storage::Moment moment_of(const Request& request) {
  const auto names_it = [](std::string_view text) { return text.find("_lastUpdated") != std::string_view::npos; };
  const bool is_history = !request.path.empty() && request.path.back() == "_history" && request.id.empty();
  const bool goes_by_time =
      is_history || std::ranges::any_of(request.query, [&](const auto& parameter) {
        return parameter.first == "_since" || names_it(parameter.first) || names_it(parameter.second);
      });
  return goes_by_time ? storage::Moment::settled : storage::Moment::any;
}

}  // namespace varde::interaction
