#include "fhir-model/patch/patch.h"

namespace varde::fhir {

Result<void> require_same_identity(Element before, Element after) {
  const std::string type(before.type_name());
  if (before.type() != after.type())
    return fail(Fault::id_mismatch, "A patch cannot make a " + type + " into another type of resource.", type);
  const Element id = before["id"], id_after = after["id"];
  if (id.has_value() != id_after.has_value() || id.value() != id_after.value())
    return fail(Fault::id_mismatch, "A patch cannot change or remove the id of the resource.", type + ".id");
  return {};
}

}  // namespace varde::fhir
