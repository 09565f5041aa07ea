#include "fhir-model/definitions/compartments.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

namespace varde::fhir {
namespace {

struct Row {
  std::string_view compartment, type, parameters;
};
// clang-format off
constexpr std::array kRows{
    Row{"Device", "Account", "subject"},
    Row{"Device", "Appointment", "actor"},
    Row{"Device", "AppointmentResponse", "actor"},
    Row{"Device", "AuditEvent", "agent"},
    Row{"Device", "ChargeItem", "enterer performer-actor"},
    Row{"Device", "Claim", "procedure-udi item-udi detail-udi subdetail-udi"},
    Row{"Device", "Communication", "sender recipient"},
    Row{"Device", "CommunicationRequest", "sender recipient"},
    Row{"Device", "Composition", "author"},
    Row{"Device", "DetectedIssue", "author"},
    Row{"Device", "DeviceRequest", "device subject requester performer"},
    Row{"Device", "DeviceUseStatement", "device"},
    Row{"Device", "DiagnosticReport", "subject"},
    Row{"Device", "DocumentManifest", "subject author"},
    Row{"Device", "DocumentReference", "subject author"},
    Row{"Device", "ExplanationOfBenefit", "procedure-udi item-udi detail-udi subdetail-udi"},
    Row{"Device", "Flag", "author"},
    Row{"Device", "Group", "member"},
    Row{"Device", "Invoice", "participant"},
    Row{"Device", "List", "subject source"},
    Row{"Device", "Media", "subject"},
    Row{"Device", "MedicationAdministration", "device"},
    Row{"Device", "MessageHeader", "target"},
    Row{"Device", "Observation", "subject device"},
    Row{"Device", "Provenance", "agent"},
    Row{"Device", "QuestionnaireResponse", "author"},
    Row{"Device", "RequestGroup", "author"},
    Row{"Device", "RiskAssessment", "performer"},
    Row{"Device", "Schedule", "actor"},
    Row{"Device", "ServiceRequest", "performer requester"},
    Row{"Device", "Specimen", "subject"},
    Row{"Device", "SupplyRequest", "requester"},
    Row{"Encounter", "CarePlan", "encounter"},
    Row{"Encounter", "CareTeam", "encounter"},
    Row{"Encounter", "ChargeItem", "context"},
    Row{"Encounter", "Claim", "encounter"},
    Row{"Encounter", "ClinicalImpression", "encounter"},
    Row{"Encounter", "Communication", "encounter"},
    Row{"Encounter", "CommunicationRequest", "encounter"},
    Row{"Encounter", "Composition", "encounter"},
    Row{"Encounter", "Condition", "encounter"},
    Row{"Encounter", "DeviceRequest", "encounter"},
    Row{"Encounter", "DiagnosticReport", "encounter"},
    Row{"Encounter", "DocumentManifest", "related-ref"},
    Row{"Encounter", "DocumentReference", "encounter"},
    Row{"Encounter", "ExplanationOfBenefit", "encounter"},
    Row{"Encounter", "Media", "encounter"},
    Row{"Encounter", "MedicationAdministration", "context"},
    Row{"Encounter", "MedicationRequest", "encounter"},
    Row{"Encounter", "NutritionOrder", "encounter"},
    Row{"Encounter", "Observation", "encounter"},
    Row{"Encounter", "Procedure", "encounter"},
    Row{"Encounter", "QuestionnaireResponse", "encounter"},
    Row{"Encounter", "RequestGroup", "encounter"},
    Row{"Encounter", "ServiceRequest", "encounter"},
    Row{"Encounter", "VisionPrescription", "encounter"},
    Row{"Practitioner", "Account", "subject"},
    Row{"Practitioner", "AdverseEvent", "recorder"},
    Row{"Practitioner", "AllergyIntolerance", "recorder asserter"},
    Row{"Practitioner", "Appointment", "actor"},
    Row{"Practitioner", "AppointmentResponse", "actor"},
    Row{"Practitioner", "AuditEvent", "agent"},
    Row{"Practitioner", "Basic", "author"},
    Row{"Practitioner", "CarePlan", "performer"},
    Row{"Practitioner", "CareTeam", "participant"},
    Row{"Practitioner", "ChargeItem", "enterer performer-actor"},
    Row{"Practitioner", "Claim", "enterer provider payee care-team"},
    Row{"Practitioner", "ClaimResponse", "requestor"},
    Row{"Practitioner", "ClinicalImpression", "assessor"},
    Row{"Practitioner", "Communication", "sender recipient"},
    Row{"Practitioner", "CommunicationRequest", "sender recipient requester"},
    Row{"Practitioner", "Composition", "subject author attester"},
    Row{"Practitioner", "Condition", "asserter"},
    Row{"Practitioner", "CoverageEligibilityRequest", "enterer provider"},
    Row{"Practitioner", "CoverageEligibilityResponse", "requestor"},
    Row{"Practitioner", "DetectedIssue", "author"},
    Row{"Practitioner", "DeviceRequest", "requester performer"},
    Row{"Practitioner", "DiagnosticReport", "performer"},
    Row{"Practitioner", "DocumentManifest", "subject author recipient"},
    Row{"Practitioner", "DocumentReference", "subject author authenticator"},
    Row{"Practitioner", "Encounter", "practitioner participant"},
    Row{"Practitioner", "EpisodeOfCare", "care-manager"},
    Row{"Practitioner", "ExplanationOfBenefit", "enterer provider payee care-team"},
    Row{"Practitioner", "Flag", "author"},
    Row{"Practitioner", "Group", "member"},
    Row{"Practitioner", "Immunization", "performer"},
    Row{"Practitioner", "Invoice", "participant"},
    Row{"Practitioner", "Linkage", "author"},
    Row{"Practitioner", "List", "source"},
    Row{"Practitioner", "Media", "subject operator"},
    Row{"Practitioner", "MedicationAdministration", "performer"},
    Row{"Practitioner", "MedicationDispense", "performer receiver"},
    Row{"Practitioner", "MedicationRequest", "requester"},
    Row{"Practitioner", "MedicationStatement", "source"},
    Row{"Practitioner", "MessageHeader", "receiver author responsible enterer"},
    Row{"Practitioner", "NutritionOrder", "provider"},
    Row{"Practitioner", "Observation", "performer"},
    Row{"Practitioner", "Patient", "general-practitioner"},
    Row{"Practitioner", "PaymentNotice", "provider"},
    Row{"Practitioner", "PaymentReconciliation", "requestor"},
    Row{"Practitioner", "Person", "practitioner"},
    Row{"Practitioner", "PractitionerRole", "practitioner"},
    Row{"Practitioner", "Procedure", "performer"},
    Row{"Practitioner", "Provenance", "agent"},
    Row{"Practitioner", "QuestionnaireResponse", "author source"},
    Row{"Practitioner", "RequestGroup", "participant author"},
    Row{"Practitioner", "ResearchStudy", "principalinvestigator"},
    Row{"Practitioner", "RiskAssessment", "performer"},
    Row{"Practitioner", "Schedule", "actor"},
    Row{"Practitioner", "ServiceRequest", "performer requester"},
    Row{"Practitioner", "Specimen", "collector"},
    Row{"Practitioner", "SupplyDelivery", "supplier receiver"},
    Row{"Practitioner", "SupplyRequest", "requester"},
    Row{"Practitioner", "VisionPrescription", "prescriber"},
    Row{"RelatedPerson", "AdverseEvent", "recorder"},
    Row{"RelatedPerson", "AllergyIntolerance", "asserter"},
    Row{"RelatedPerson", "Appointment", "actor"},
    Row{"RelatedPerson", "AppointmentResponse", "actor"},
    Row{"RelatedPerson", "Basic", "author"},
    Row{"RelatedPerson", "CarePlan", "performer"},
    Row{"RelatedPerson", "CareTeam", "participant"},
    Row{"RelatedPerson", "ChargeItem", "enterer performer-actor"},
    Row{"RelatedPerson", "Claim", "payee"},
    Row{"RelatedPerson", "Communication", "sender recipient"},
    Row{"RelatedPerson", "CommunicationRequest", "sender recipient requester"},
    Row{"RelatedPerson", "Composition", "author"},
    Row{"RelatedPerson", "Condition", "asserter"},
    Row{"RelatedPerson", "Coverage", "policy-holder subscriber payor"},
    Row{"RelatedPerson", "DocumentManifest", "author recipient"},
    Row{"RelatedPerson", "DocumentReference", "author"},
    Row{"RelatedPerson", "Encounter", "participant"},
    Row{"RelatedPerson", "ExplanationOfBenefit", "payee"},
    Row{"RelatedPerson", "Invoice", "recipient"},
    Row{"RelatedPerson", "MedicationAdministration", "performer"},
    Row{"RelatedPerson", "MedicationStatement", "source"},
    Row{"RelatedPerson", "Observation", "performer"},
    Row{"RelatedPerson", "Patient", "link"},
    Row{"RelatedPerson", "Person", "link"},
    Row{"RelatedPerson", "Procedure", "performer"},
    Row{"RelatedPerson", "Provenance", "agent"},
    Row{"RelatedPerson", "QuestionnaireResponse", "author source"},
    Row{"RelatedPerson", "RequestGroup", "participant"},
    Row{"RelatedPerson", "Schedule", "actor"},
    Row{"RelatedPerson", "ServiceRequest", "performer"},
    Row{"RelatedPerson", "SupplyRequest", "requester"},
};
// clang-format on

using Place = std::pair<TypeId, TypeId>;

std::map<Place, std::vector<std::string_view>> made() {
  std::map<Place, std::vector<std::string_view>> out;
  for (const Row& row : kRows)
    for (std::string_view rest = row.parameters; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      out[{find_type(row.compartment), find_type(row.type)}].push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  for (const CompartmentRow& row : patient_compartment())
    out[{find_type("Patient"), row.type}].push_back(row.parameter);
  return out;
}

}  // namespace

std::span<const TypeId> compartments() {
  static const std::array kTypes{find_type("Patient"), find_type("Encounter"), find_type("RelatedPerson"),
                                 find_type("Practitioner"), find_type("Device")};
  return kTypes;
}

std::span<const std::string_view> compartment_parameters(TypeId compartment, TypeId type) {
  static const auto kMade = made();
  const auto found = kMade.find({compartment, type});
  return found == kMade.end() ? std::span<const std::string_view>() : found->second;
}

}  // namespace varde::fhir
