/// https://hl7.org/fhirpath/N1/#utility-functions
#include "fhir-model/fhirpath/functions/functions.h"

namespace varde::fhirpath::functions {

/// trace(name [, projection]) shows what passes by to whoever asked for it.
Collection trace(Call& call) {
  const auto name = call.string(0);
  if (!call.run.environment().trace || !name) return std::move(call.focus);
  if (call.argument_count() == 1) {
    call.run.environment().trace(*name, call.focus);
    return std::move(call.focus);
  }
  Collection shown;
  std::int32_t index = 0;
  for (const Item& item : call.focus)
    for (Item& part : call.argument_for(1, item, index++)) shown.push_back(std::move(part));
  call.run.environment().trace(*name, shown);
  return std::move(call.focus);
}

Collection now(Call& call) { return {call.run.now()}; }
Collection today(Call& call) { return {call.run.now().as(Temporal::Kind::date)}; }
Collection time_of_day(Call& call) { return {call.run.now().time_of_day()}; }

}  // namespace varde::fhirpath::functions
