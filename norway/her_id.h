#pragma once
/// @file norway/her_id.h
/// HER-id: the number of a communication party in the national address register (Adresseregisteret).
/// Source: HIS 1153-2:2016. Pure.
#include <string>
#include <string_view>

namespace varde::norway {

/// Digits only: HER-ids are also written "369.767" and "369 767". Empty when there are other characters.
std::string plain_her_id(std::string_view text);
/// Can be one: ten digits at most, however they are grouped, and not all of them zero.
bool is_her_id(std::string_view text);

}  // namespace varde::norway
