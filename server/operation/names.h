#pragma once
/// @file server/operation/names.h
/// What a code is called: by its code system, by the value set that lists it, in their further languages.
/// Source: https://hl7.org/fhir/R4/terminology-service.html#display, BCP 47
/// Views live as long as the resources and tables that they point into.
#include <string_view>
#include <vector>

#include "server/operation/asked_terms.h"

namespace varde::operation {

struct Name {
  std::string_view language, text;  ///< no language: that of the resource, which does not say it
};
using Names = std::vector<Name>;

/// Of the value set, as far as it lists the code itself.
void add_names_of_set(fhir::Element set, const Coded& coded, Names& names);
/// `system`: the CodeSystem where it is a resource, else nowhere.
void add_names_of_system(const terminology::Codes& codes, fhir::Element system, const Coded& coded, Names& names);

/// "nb" asks for "nb-NO" too.
bool is_in_language(const Name& name, std::string_view language);
/// The first in that language; of several ("nb,en;q=0.5"), in the first that there is a name in. nullptr: none.
const Name* name_in(const Names& names, std::string_view languages);

}  // namespace varde::operation
