#pragma once
/// @file mappings/reader/xml_node.h
/// A message as a small tree of elements: what the mapping rows walk. Comments and processing instructions are gone,
/// text is UTF-8 whatever the file's encoding was.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varde::mappings {

struct XmlNode {
  std::string ns, name;                                         ///< namespace URI and local name
  std::vector<std::pair<std::string, std::string>> attributes;  ///< unprefixed ones: V, S, DN, OT, U
  std::string text;  ///< character data directly inside, concatenated; white space kept
  std::vector<XmlNode> children;
  /// Of an element that holds XHTML: all that is inside it, as XML of its own, since the order of words and elements
  /// matters there. Empty for every other element.
  std::string markup;
  std::size_t line = 0, column = 0;
  /// Of a large attachment: its base64 text, where it lies in the bytes that were read; `text` is empty then.
  std::string_view aside = {};

  /// The text, wherever it lies.
  std::string_view base64() const { return aside.empty() ? std::string_view(text) : aside; }

  /// First child by local name (namespaces are fixed per message type); nullptr when absent.
  const XmlNode* child(std::string_view name) const;
  /// Value of an attribute; empty when absent.
  std::string_view attribute(std::string_view name) const;
  /// Follows "MsgInfo/Patient/Sex/@V" or ".../Id"; empty view when any step is absent. First child at each step.
  std::string_view at(std::string_view path) const;
  const XmlNode* find(std::string_view path) const;              ///< as at, an element
  std::vector<const XmlNode*> all(std::string_view path) const;  ///< every element the path reaches
};

}  // namespace varde::mappings
