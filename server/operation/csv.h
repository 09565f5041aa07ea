#pragma once
/// @file server/operation/csv.h
/// A field of a CSV file. RFC 4180. Pure.
#include <string>
#include <string_view>

namespace varde::operation {

/// One that a spreadsheet would take for a formula gets an apostrophe before it: codes and names may be anybody's
/// words. https://owasp.org/www-community/attacks/CSV_Injection
std::string csv_field(std::string_view text);

}  // namespace varde::operation
