#include "server/operation/operations.h"

#include <array>

namespace varde::operation {

Operations followup_operations() {
  // clang-format off
  static const std::array kRows{
      //        name      level            type           changes           definition                                                       handler
      Operation{"lastn",  Level::type,     "Observation", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/Observation-lastn",     lastn},
      Operation{"stats",  Level::type,     "Observation", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/Observation-stats",     stats},
      Operation{"trend",  Level::instance, "Patient",     Changes::nothing, "https://varde.example/fhir/OperationDefinition/Patient-trend",  trend},
      Operation{"enrol",  Level::instance, "Patient",     Changes::state,   "https://varde.example/fhir/OperationDefinition/Patient-enrol",  enrol},
      Operation{"pause",  Level::instance, "Patient",     Changes::state,   "https://varde.example/fhir/OperationDefinition/Patient-pause",  pause},
      Operation{"resume", Level::instance, "Patient",     Changes::state,   "https://varde.example/fhir/OperationDefinition/Patient-resume", resume},
      Operation{"end",    Level::instance, "Patient",     Changes::state,   "https://varde.example/fhir/OperationDefinition/Patient-end",    end_followup},
  };
  // clang-format on
  return kRows;
}

Operations resource_operations() {
  // clang-format off
  static const std::array kRows{
      //        name        level            type changes           definition                                                handler
      Operation{"validate", Level::system,   "",  Changes::nothing, "http://hl7.org/fhir/OperationDefinition/Resource-validate", validate},
      Operation{"validate", Level::type,     "",  Changes::nothing, "http://hl7.org/fhir/OperationDefinition/Resource-validate", validate},
      Operation{"validate", Level::instance, "",  Changes::nothing, "http://hl7.org/fhir/OperationDefinition/Resource-validate", validate},
  };
  // clang-format on
  return kRows;
}

Operations terminology_operations() {
  // clang-format off
  static const std::array kRows{
      //        name             level            type          changes           definition                                                            handler
      Operation{"expand",        Level::type,     "ValueSet",   Changes::nothing, "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",            expand},
      Operation{"expand",        Level::instance, "ValueSet",   Changes::nothing, "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",            expand},
      Operation{"validate-code", Level::type,     "ValueSet",   Changes::nothing, "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",     validate_code_in_set},
      Operation{"validate-code", Level::instance, "ValueSet",   Changes::nothing, "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",     validate_code_in_set},
      Operation{"lookup",        Level::type,     "CodeSystem", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",          lookup},
      Operation{"validate-code", Level::type,     "CodeSystem", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",   validate_code_in_system},
      Operation{"validate-code", Level::instance, "CodeSystem", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",   validate_code_in_system},
      Operation{"subsumes",      Level::type,     "CodeSystem", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",        subsumes},
      Operation{"subsumes",      Level::instance, "CodeSystem", Changes::nothing, "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",        subsumes},
  };
  // clang-format on
  return kRows;
}

}  // namespace varde::operation
