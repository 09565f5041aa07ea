#pragma once
/// @file server/followup/section.h
/// A section of a Composition: lines for people, and the resources that they are about.
/// Source: https://hl7.org/fhir/R4/composition.html, https://hl7.org/fhir/R4/narrative.html. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"

namespace varde::followup {

struct Section {
  std::string_view title;
  std::vector<std::string> lines = {};
  std::vector<std::string> entries = {};  ///< "Observation/7"
};

/// Its narrative as XHTML.
std::string narrative_of(const Section& section);
void add_section(fhir::Editor composition, const Section& section);

}  // namespace varde::followup
