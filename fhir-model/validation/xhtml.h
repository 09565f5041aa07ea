#pragma once
/// @file fhir-model/validation/xhtml.h
/// The XHTML that a narrative may hold: one well-formed div of formatting elements; no scripts, forms, events,
/// style sheets, entities of HTML or references that a reader would fetch.
/// Source: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
/// Pure; safe from any thread; nesting is limited.
#include <string_view>

namespace varde::fhir {

/// Empty when the text may stand in Narrative.div; else what is wrong, as an English sentence without its content.
std::string_view narrative_problem(std::string_view xhtml);
/// Whether it may stand in an XML document without breaking it; what it says is not judged.
bool is_well_formed_xhtml(std::string_view xhtml);
/// U+FFFE and U+FFFF, which XML cannot hold: what we take in one form must go out in the other.
/// https://www.w3.org/TR/xml/#charsets
bool has_noncharacter(std::string_view text);
inline bool is_narrative_xhtml(std::string_view xhtml) { return narrative_problem(xhtml).empty(); }

}  // namespace varde::fhir
