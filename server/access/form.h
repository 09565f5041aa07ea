#pragma once
/// @file server/access/form.h
#include <string>
#include <utility>
#include <vector>

namespace varde::access {

using Form = std::vector<std::pair<std::string, std::string>>;  ///< decoded parameters, in order

}  // namespace varde::access
