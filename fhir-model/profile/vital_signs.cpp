#include "fhir-model/profile/vital_signs.h"

#include <array>

namespace varde::fhir::profile {
namespace {

struct VitalSign {
  std::string_view loinc, snomed, profile;
};

// clang-format off
constexpr std::array kVitalSigns{
    VitalSign{"85353-1", "",          "http://hl7.org/fhir/StructureDefinition/vitalspanel"},
    VitalSign{"9279-1",  "86290005",  "http://hl7.org/fhir/StructureDefinition/resprate"},
    VitalSign{"8867-4",  "364075005", "http://hl7.org/fhir/StructureDefinition/heartrate"},
    VitalSign{"2708-6",  "431314004", "http://hl7.org/fhir/StructureDefinition/oxygensat"},
    VitalSign{"8310-5",  "276885007", "http://hl7.org/fhir/StructureDefinition/bodytemp"},
    VitalSign{"8302-2",  "",          "http://hl7.org/fhir/StructureDefinition/bodyheight"},
    VitalSign{"9843-4",  "",          "http://hl7.org/fhir/StructureDefinition/headcircum"},
    VitalSign{"29463-7", "27113001",  "http://hl7.org/fhir/StructureDefinition/bodyweight"},
    VitalSign{"39156-5", "60621009",  "http://hl7.org/fhir/StructureDefinition/bmi"},
    VitalSign{"85354-9", "75367002",  "http://hl7.org/fhir/StructureDefinition/bp"},
};
// clang-format on

}  // namespace

std::string_view vital_sign_profile(Element resource) {
  if (resource.type_name() != "Observation") return {};
  for (const Element coding : resource["code"].each("coding")) {
    const std::string_view system = coding["system"].value(), code = coding["code"].value();
    for (const VitalSign& row : kVitalSigns)
      if ((system == "http://loinc.org" && code == row.loinc) ||
          (system == "http://snomed.info/sct" && code == row.snomed))
        return row.profile;
  }
  return {};
}

bool claims_vital_sign(Element observation) {
  for (const Element category : observation.each("category"))
    for (const Element coding : category.each("coding"))
      if (coding["code"].value() == "vital-signs" &&
          coding["system"].value() == "http://terminology.hl7.org/CodeSystem/observation-category")
        return true;
  return false;
}

}  // namespace varde::fhir::profile
