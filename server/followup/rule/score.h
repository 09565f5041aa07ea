#pragma once
/// @file server/followup/rule/score.h
/// Which measures are scores, and which codes are parts of one.
#include <string_view>

namespace varde::followup::rule {

bool is_score(std::string_view measure);
/// Points of one part, which mean nothing outside their score.
bool is_points(std::string_view measure);

}  // namespace varde::followup::rule
