#pragma once
/// @file server/followup/parts.h
/// The few shapes that every resource we write is made of.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/view/data_types.h"

namespace varde::followup {

inline fhir::Editor add_coding(fhir::Editor codeable_concept, std::string_view system, std::string_view code,
                               std::string_view display = {}) {
  auto coding = codeable_concept.add("coding");
  coding.set("system", system);
  coding.set("code", code);
  if (!display.empty()) coding.set("display", display);
  return codeable_concept;
}

inline void add_reference(fhir::Editor parent, std::string_view name, std::string_view reference) {
  parent.add(name).set("reference", reference);
}

inline fhir::view::Coding coding_of(fhir::view::CodeableConcept concept_, std::string_view system) {
  for (const auto coding : concept_.coding())
    if (coding.system() == system) return coding;
  return {};
}

/// Removes the children of that name which `unwanted` picks.
template <class Predicate>
void remove_each(fhir::Editor parent, std::string_view name, Predicate unwanted) {
  if (!parent) return;
  std::vector<fhir::Element> found;  // gone through once: a sender's list may be long
  for (const fhir::Element child : parent.each(name))
    if (unwanted(child)) found.push_back(child);
  for (const auto child : found) parent.remove_child(child);
}

inline std::string versioned(std::string_view type, std::string_view id, std::int64_t version) {
  return std::string(type).append("/").append(id).append("/_history/").append(std::to_string(version));
}

}  // namespace varde::followup
