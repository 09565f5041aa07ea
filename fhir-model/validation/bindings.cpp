#include "fhir-model/validation/bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "fhir-model/terminology/terminology.h"
#include "fhir-model/validation/invariants.h"

namespace varde::fhir {
namespace {

using terminology::Membership;
using terminology::ValueSetId;

/// By ElementRow::bound.
ValueSetId bound_set(const ElementRow& row) {
  static const std::vector<ValueSetId> kSets = [] {
    std::vector<ValueSetId> sets;
    for (const ElementRow& each : elements()) {
      if (each.bound < 0) continue;
      const auto place = static_cast<std::size_t>(each.bound);
      if (sets.size() <= place) sets.resize(place + 1, ValueSetId::none);
      if (sets[place] == ValueSetId::none) sets[place] = terminology::find_value_set(binding_of(each)->value_set);
    }
    return sets;
  }();
  return kSets[static_cast<std::size_t>(row.bound)];
}

std::string listed(ValueSetId set) {
  constexpr std::size_t kMostListed = 12;
  const auto codes = terminology::expand(set, {.count = kMostListed});
  if (!codes) return "a code";
  if (codes->total > kMostListed) return fmt::format("one of the {} codes", codes->total);
  std::vector<std::string_view> names;
  for (const auto& entry : codes->contains) names.push_back(entry.code);
  std::sort(names.begin(), names.end());
  return fmt::format("one of {}", fmt::join(names, ", "));
}

std::string what_is_right(Element at, const ElementRow& row, const BindingRow& bound) {
  if (bound.strength != BindingStrength::required)
    return fmt::format("{} should be a code of {}{}.", row.name, bound.value_set,
                       bound.strength == BindingStrength::extensible ? ", unless none of them fits" : "");
  if (is_primitive(at.type())) return fmt::format("{} is {} of {}.", row.name, listed(bound_set(row)), bound.value_set);
  return fmt::format("{} needs a system and code of {}: {}.", row.name, bound.value_set, listed(bound_set(row)));
}

Severity severity_of(BindingStrength strength) {
  if (strength == BindingStrength::required) return Severity::error;
  return strength == BindingStrength::extensible ? Severity::warning : Severity::information;
}

/// https://hl7.org/fhir/R4/datatypes.html#Coding: value sets that HL7 keeps say so in their URLs.
bool is_value_set(std::string_view system) {
  return system.starts_with("http://hl7.org/fhir/ValueSet/") ||
         system.starts_with("http://terminology.hl7.org/ValueSet/");
}

/// An extension such as data-absent-reason may stand in place of all codings; advice is for codings that are there.
bool says_no_code(Element at, BindingStrength strength) {
  if (is_primitive(at.type()) || at["coding"] || at["code"]) return false;
  return strength != BindingStrength::required || at["extension"];
}

}  // namespace

void check_binding(Element at, const ElementRow& row, Findings& findings) {
  if (row.bound < 0) return;
  const BindingRow& bound = *binding_of(row);
  const Severity severity = severity_of(bound.strength);
  if (bound.strength == BindingStrength::example || !findings.wants(severity)) return;
  if (says_no_code(at, bound.strength) || terminology::member(bound_set(row), at) != Membership::out) return;
  findings.add(Fault::code_invalid, at, what_is_right(at, row, bound),
               {.source = source_of(row), .severity = severity});
}

void check_coding(Element coding, Findings& findings) {
  const Element system = coding["system"], code = coding["code"];
  if (!system.has_value()) return;
  if (is_value_set(system.value()))
    return findings.add(Fault::value_malformed, system,
                        "A Coding's system is a code system, not a value set that holds some of its codes.",
                        {.source = source_of("Coding", "Coding.system")});
  if (!code.has_value() || !findings.wants(Severity::warning)) return;
  const auto known = terminology::find_code_system(system.value());
  if (known == terminology::SystemId::none || terminology::in_system(known, code.value()) != Membership::out) return;
  findings.add(Fault::code_invalid, code,
               fmt::format("As R4 has it, {} has no such code.", terminology::describe(known).url),
               {.source = source_of("Coding", "Coding.code"), .severity = Severity::warning});
}

}  // namespace varde::fhir
