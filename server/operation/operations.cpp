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

}  // namespace varde::operation
