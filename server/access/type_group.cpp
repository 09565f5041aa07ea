#include "server/access/type_group.h"

#include <algorithm>
#include <vector>

namespace varde::access {

// clang-format off
const std::array<TypeGroupRow, kTypeGroups> kTypeGroupRows{{
    {TypeGroup::person,      "person",      "Patient RelatedPerson"},
    {TypeGroup::measurement, "measurement", "Observation QuestionnaireResponse Media DeviceUseStatement Device"},
    {TypeGroup::plan,        "plan",        "CarePlan ServiceRequest Goal EpisodeOfCare CareTeam RequestGroup NutritionOrder DeviceRequest Consent"},
    {TypeGroup::work,        "work",        "Task Communication CommunicationRequest DetectedIssue Flag"},
    {TypeGroup::clinical,    "clinical",    "AdverseEvent AllergyIntolerance BodyStructure ClinicalImpression Composition Condition Coverage DiagnosticReport "
                                            "DocumentManifest DocumentReference Encounter FamilyMemberHistory ImagingStudy Immunization ImmunizationEvaluation "
                                            "ImmunizationRecommendation MedicationAdministration MedicationDispense MedicationRequest MedicationStatement "
                                            "MolecularSequence Procedure RiskAssessment Specimen SupplyDelivery SupplyRequest VisionPrescription"},
    {TypeGroup::several,     "several",     "Account Appointment AppointmentResponse Basic Binary Bundle Group List Person Provenance Schedule Slot"},
    {TypeGroup::registers,   "registers",   "Practitioner PractitionerRole Organization OrganizationAffiliation Location HealthcareService Endpoint Medication "
                                            "MedicationKnowledge Substance SubstanceSpecification DeviceDefinition"},
    {TypeGroup::definitions, "definitions", "ActivityDefinition CapabilityStatement ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap "
                                            "EventDefinition ExampleScenario GraphDefinition ImplementationGuide Library Measure MessageDefinition NamingSystem "
                                            "ObservationDefinition OperationDefinition PlanDefinition Questionnaire ResearchDefinition ResearchElementDefinition "
                                            "SearchParameter SpecimenDefinition StructureDefinition StructureMap TerminologyCapabilities TestScript ValueSet"},
    {TypeGroup::audit,       "audit",       "AuditEvent"},
    {TypeGroup::technical,   "technical",   ""},
}};
// clang-format on

namespace {

std::vector<TypeGroup> groups_by_type() {
  std::vector<TypeGroup> out(fhir::types().size(), TypeGroup::technical);
  for (const TypeGroupRow& row : kTypeGroupRows)
    for (std::string_view rest = row.types; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      out.at(static_cast<std::size_t>(fhir::find_resource_type(name))) = row.group;  // throws for a name that is none
    }
  return out;
}

}  // namespace

TypeGroup group_of(fhir::TypeId type) {
  static const std::vector<TypeGroup> kGroups = groups_by_type();
  return kGroups[static_cast<std::size_t>(type)];
}

bool tells_of_several(fhir::TypeId type) { return group_of(type) == TypeGroup::several; }

bool may_name_nobody(fhir::TypeId type) {
  static const fhir::TypeId kSchedule = fhir::find_type("Schedule"), kSlot = fhir::find_type("Slot");
  return type == kSchedule || type == kSlot;
}

bool is_shared(fhir::TypeId type) {
  static const fhir::TypeId kDevice = fhir::find_type("Device");
  const TypeGroup group = group_of(type);
  return group == TypeGroup::registers || group == TypeGroup::definitions || type == kDevice;
}

}  // namespace varde::access
