#include "server/operation/whose.h"

#include "fhir-model/view/patient.h"
#include "server/followup/instant.h"
#include "server/operation/trend/axis.h"

namespace varde::operation {

std::string whose(const interaction::View& view, const std::string& patient_id) {
  const auto tree = view.tree(fhir::find_resource_type("Patient"), patient_id);
  if (!tree) return {};
  const auto patient = fhir::view::Patient::of(tree->root());
  std::string heading;
  for (const auto name : patient.name()) {
    for (const auto given : name.given()) heading.append(given.text()).append(" ");
    heading.append(name.family().text());
    break;
  }
  const auto born = followup::parse_instant(patient.birth_date().text(), view.zone());
  if (born) heading += (heading.empty() ? "født " : ", født ") + day_text(*born, view.zone());
  return heading;
}

}  // namespace varde::operation
