/// What a reference names: in the tree (see element/target.h), or where the environment looks.
/// https://hl7.org/fhir/R4/fhirpath.html#functions: resolve
#include "fhir-model/element/target.h"
#include "fhir-model/fhirpath/functions/functions.h"

namespace varde::fhirpath {

Collection resolve(Run& run, const Item& item) {
  const Element reference = item.element();
  const bool literal = !reference || fhir::is_primitive(reference.type());
  const std::string_view text = !reference ? item.string().value_or("")
                                : literal  ? reference.value()
                                           : reference["reference"].value();
  if (text.empty()) return {};
  Element found = fhir::target_of(text, reference ? reference : run.context());
  if (!found && !text.starts_with('#') && run.environment().resolve) found = run.environment().resolve(text);
  return found ? Collection{found} : Collection{};
}

}  // namespace varde::fhirpath
