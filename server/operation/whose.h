#pragma once
/// @file server/operation/whose.h
/// Whose a sheet of paper is, as its heading says it: "Astrid Nordli, født 12.3.1948". No identity number.
#include <string>

#include "server/interaction/act.h"

namespace varde::operation {

/// Empty where there is no such Patient.
std::string whose(const interaction::View& view, const std::string& patient_id);

}  // namespace varde::operation
