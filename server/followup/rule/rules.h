#pragma once
/// @file server/followup/rule/rules.h
/// Every kind of rule there is.
#include <span>
#include <string_view>

#include "server/followup/rule/rule.h"

namespace varde::followup::rule {

std::span<const Rule* const> all();
const Rule* find(std::string_view code);  ///< nullptr: there is no such kind

// Those that are asked without a word in the plan.
extern const Rule kPlausible, kLimit, kMissing, kScore;

}  // namespace varde::followup::rule
