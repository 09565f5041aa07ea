#pragma once
/// @file mappings/rows/section.h
/// Free text of a message as Composition sections that a person can read in any FHIR client.
/// Source: https://hl7.org/fhir/R4/composition.html, https://hl7.org/fhir/R4/narrative.html
#include <string>
#include <string_view>

#include "mappings/rows/conversions.h"

namespace varde::mappings::rows {

/// Journaltekst {Overskriftskode, Notat, Merknad} <-> section {code, title, text}.
extern const Conversion journal_text;
/// To the message only: a section written by others, with a heading of list 9142, 9141 or 9145 or none, as
/// Journaltekst.
extern const Conversion plain_section;
/// An element with levels below it <-> a section coded with the element's name, which `rows` go on from.
extern const Conversion section_group;
/// An element that FHIR has no resource for <-> a section: its values in an extension, and as text for people.
extern const Conversion section_fragment;

void set_narrative(fhir::Editor section, std::string_view plain, std::string_view status);
/// The words of a narrative, line breaks kept.
std::string plain_text(fhir::Element narrative);
std::string words_in(std::string_view xhtml);

}  // namespace varde::mappings::rows
