#include "fhir-model/profile/vital_signs.h"

#include <algorithm>
#include <array>

namespace varde::fhir::profile {
namespace {

struct VitalSign {
  std::string_view loinc, profile;
};

// clang-format off
constexpr std::array kVitalSigns{
    VitalSign{"85353-1", "http://hl7.org/fhir/StructureDefinition/vitalspanel"},
    VitalSign{"9279-1",  "http://hl7.org/fhir/StructureDefinition/resprate"},
    VitalSign{"8867-4",  "http://hl7.org/fhir/StructureDefinition/heartrate"},
    VitalSign{"2708-6",  "http://hl7.org/fhir/StructureDefinition/oxygensat"},
    VitalSign{"8310-5",  "http://hl7.org/fhir/StructureDefinition/bodytemp"},
    VitalSign{"8302-2",  "http://hl7.org/fhir/StructureDefinition/bodyheight"},
    VitalSign{"9843-4",  "http://hl7.org/fhir/StructureDefinition/headcircum"},
    VitalSign{"29463-7", "http://hl7.org/fhir/StructureDefinition/bodyweight"},
    VitalSign{"39156-5", "http://hl7.org/fhir/StructureDefinition/bmi"},
    VitalSign{"85354-9", "http://hl7.org/fhir/StructureDefinition/bp"},
};
// clang-format on

}  // namespace

std::string_view vital_sign_profile(Element resource) {
  if (resource.type_name() != "Observation") return {};
  for (const Element coding : resource["code"].each("coding")) {
    if (coding["system"].value() != "http://loinc.org") continue;
    const auto* row = std::ranges::find(kVitalSigns, coding["code"].value(), &VitalSign::loinc);
    if (row != kVitalSigns.end()) return row->profile;
  }
  return {};
}

}  // namespace varde::fhir::profile
