#pragma once
/// @file fhir-model/terminology/compose.h
/// Value sets and code systems that somebody wrote as resources, over those that R4 defines.
/// Source: https://hl7.org/fhir/R4/valueset.html#compositions
/// Faults: not_found, not_supported (it draws on what is not known), too_large (more codes than are listed at once).
/// Threads: pure, as far as `written` is.
#include <functional>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {

/// A ValueSet or CodeSystem resource by its canonical URL (with |version perhaps); nowhere when there is none. What it
/// gives must outlive the answers, whose texts point into it.
using Written = std::function<fhir::Element(std::string_view canonical)>;

/// As member() in terminology.h. A ValueSet that only has an expansion is taken at its word.
/// `budget`: see Wanted.
Membership member(fhir::Element value_set, std::string_view system, std::string_view code, const Written& written = {},
                  Budget* budget = nullptr);
/// As expand() in terminology.h. An expansion that the resource brings along is not used where it has a compose.
Result<Expansion> expand(fhir::Element value_set, const Wanted& wanted = {}, const Written& written = {});

}  // namespace varde::terminology
