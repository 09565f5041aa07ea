#pragma once
/// @file norway/identity_number.h
/// Syntax of the national identity numbers. The date part is not judged: D-numbers, aid numbers and synthetic numbers
/// add to the day or the month. Source: HIS 1001:2010
#include <string_view>

namespace varde::norway {

/// Eleven digits, the last two by modulus 11.
bool has_valid_check_digits(std::string_view number);

/// What a number is by its own digits, whatever a sender calls it: "FNR", "DNR" (the first digit plus 4) or "FHN" (from
/// 8 on); empty when it is none of them.
std::string_view kind_of_number(std::string_view number);
/// A number of nobody: its month is written 40, 65 or 80 higher (Skatteetaten's and NHN's test populations).
bool is_synthetic(std::string_view number);
/// A number of that kind (list 8116) can be right: for FNR, DNR and FHN by check digits, for DUF by length. Kinds that
/// nobody can check are.
bool is_valid_number(std::string_view kind, std::string_view number);

}  // namespace varde::norway
