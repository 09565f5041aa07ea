#pragma once
/// @file fhir-model/terminology/rules.h
/// Code systems whose codes are too many to list and are right when they are well-formed.
/// Sources: https://ucum.org/ucum, RFC 5646 section 2.1 (BCP 47), RFC 6838 section 4.2 (BCP 13), RFC 3986 section 3.
#include <string_view>

#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {

/// `system` is one of Known::grammar.
Membership by_grammar(std::string_view system, std::string_view code);
/// Whether a UCUM code measures what `unit` measures.
Membership commensurable(std::string_view code, std::string_view unit);

}  // namespace varde::terminology
