#pragma once
/// @file tests/mappings/support/leaves.h
/// A message as the set of its values, so that two can be compared whatever their layout and prefixes.
#include <map>
#include <string>
#include <vector>

#include "mappings/reader/xml_node.h"

namespace varde::tests {

/// "/MsgHead/MsgInfo/Type/@V" -> the values found there, in document order.
using Leaves = std::map<std::string, std::vector<std::string>>;
Leaves leaves(const mappings::XmlNode& root);

}  // namespace varde::tests
