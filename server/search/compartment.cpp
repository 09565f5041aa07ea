#include "server/search/compartment.h"

#include <algorithm>

#include "fhir-model/definitions/compartments.h"
#include "server/search/parameter.h"

namespace varde::search {
namespace {

std::vector<ParameterKey> keys_of(fhir::TypeId compartment, fhir::TypeId type) {
  std::vector<ParameterKey> out;
  for (const std::string_view code : fhir::compartment_parameters(compartment, type))
    if (const Parameter* parameter = parameters_of(type).find(code))
      for (const ParameterKey key : parameter->keys)
        if (std::ranges::find(out, key) == out.end()) out.push_back(key);
  return out;
}

}  // namespace

bool is_in_compartment(fhir::TypeId compartment, fhir::TypeId type) {
  return compartment == type || !keys_of(compartment, type).empty();
}

Criterion compartment_criterion(const Compartment& compartment, fhir::TypeId type) {
  Criterion out;
  if (type == compartment.type) {
    out.of = Criterion::Of::id;
    TokenValue self;
    self.code = compartment.id;
    out.values.emplace_back(std::move(self));
    return out;
  }
  out.only = compartment.type;
  out.targets.emplace_back(storage::type_key(compartment.type), compartment.id);
  out.keys = keys_of(compartment.type, type);
  return out;
}

}  // namespace varde::search
