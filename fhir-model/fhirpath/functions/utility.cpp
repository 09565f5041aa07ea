/// https://hl7.org/fhirpath/N1/#utility-functions
#include <fmt/format.h>

#include <algorithm>

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

/// defineVariable(name [, value]): %name for what follows; the value is the focus when none is given.
/// https://hl7.org/fhirpath/#definevariablename-string--expr-expression
Collection define_variable(Call& call) {
  const auto name = call.string(0);
  if (!name) return std::move(call.focus);
  constexpr std::string_view kTaken[] = {"context", "resource", "rootResource", "ucum", "sct", "loinc"};
  const auto& given = call.run.environment().variables;
  const auto is_it = [&](const auto& variable) { return variable.first == *name; };
  if (std::ranges::count(kTaken, *name) || std::ranges::any_of(given, is_it) || call.scope.variables->find(*name)) {
    call.fail(fmt::format("%{} is defined already", *name));
    return {};
  }
  Collection value = call.focus;
  if (call.argument_count() > 1) {
    Scope scope = call.scope;
    const bool one = call.focus.size() == 1;
    scope.self = one ? &call.focus.front() : nullptr;
    scope.all = one ? nullptr : &call.focus;
    value = call.run.evaluate(call.argument_node(1), scope);
  }
  call.scope.variables->own.emplace_back(*name, std::move(value));
  return std::move(call.focus);
}

Collection now(Call& call) { return {call.run.now()}; }
Collection today(Call& call) { return {call.run.now().as(Temporal::Kind::date)}; }
Collection time_of_day(Call& call) { return {call.run.now().time_of_day()}; }

}  // namespace varde::fhirpath::functions
