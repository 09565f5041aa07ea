#pragma once
/// @file mappings/xml/xml_writer.h
/// A dressed tree (shape.h) as XML in UTF-8, indented. Characters that XML 1.0 cannot hold become U+FFFD.
#include <string>

#include "mappings/reader/xml_node.h"

namespace varde::mappings::xml {

std::string write_xml(const XmlNode& root);

}  // namespace varde::mappings::xml
