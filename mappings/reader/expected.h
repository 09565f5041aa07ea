#pragma once
/// @file mappings/reader/expected.h
/// Where the content of an element leaves its content model, and what could have stood there instead.
#include <optional>
#include <string>
#include <vector>
#include <xercesc/util/StringPool.hpp>
#include <xercesc/validators/schema/SchemaElementDecl.hpp>

#include "mappings/reader/xml_node.h"

namespace varde::mappings {

struct Expected {
  std::size_t index;               ///< of the child that does not belong; the number of children when one is missing
  std::vector<std::string> names;  ///< of the elements that would have been right there, in their order
};

/// nullopt when the content follows the model, or is too long to look at again.
std::optional<Expected> expected(const xercesc::XMLElementDecl& declaration, const std::vector<XmlNode>& children,
                                 xercesc::XMLStringPool& namespaces);

}  // namespace varde::mappings
