#pragma once
/// @file mappings/xml/shape.h
/// What the message definitions (conformance/messages) say about where an element belongs: its namespace, its place
/// among its siblings, whether it must be there, and the attributes that are always the same. A message made by mapping
/// rows is put in order by this, so that rows need not repeat it.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "mappings/reader/xml_node.h"

namespace varde::mappings::xml {

/// Gives every element its namespace, order and fixed attributes, from `root` downwards. `root` and what stands
/// directly in a Content element have their ns set already. `component_id` makes the id of an EPJ component that has
/// none, from its path. Attributes of another namespace are named with their prefix: "m1:komponenttype". Faults:
/// required_missing (with the XPath), not_supported (an element that this version of the message does not have).
Result<void> put_in_order(XmlNode& root, const std::function<std::string(const std::string& path)>& component_id);

/// An element that may stand in another, as the definitions say it.
struct Part {
  std::string name, times;  ///< "Merknad", "0..1"
  bool composed = false;    ///< has elements of its own
};
/// What may stand in the element that `path` reaches from a global element of `ns`, in order. Empty when nothing may.
std::vector<Part> parts_of(std::string_view ns, std::string_view path);

}  // namespace varde::mappings::xml
