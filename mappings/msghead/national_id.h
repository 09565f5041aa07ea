#pragma once
/// @file mappings/msghead/national_id.h
/// Check digits of fødselsnummer and D-number: eleven digits, the last two by modulus 11.
/// Source: HIS 1001:2010. The date part is not judged: D-numbers and synthetic numbers add to the day or the month.
#include <string_view>

namespace varde::mappings::msghead {

bool has_valid_check_digits(std::string_view number);

}  // namespace varde::mappings::msghead
