#include "mappings/reader/xml_node.h"

#include <algorithm>

namespace varde::mappings {
namespace {

/// Splits "a/b/c" into "a" and "b/c".
std::pair<std::string_view, std::string_view> first_step(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

void collect(const XmlNode& node, std::string_view path, std::vector<const XmlNode*>& found) {
  const auto [step, rest] = first_step(path);
  for (const XmlNode& child : node.children) {
    if (child.name != step) continue;
    if (rest.empty())
      found.push_back(&child);
    else
      collect(child, rest, found);
  }
}

}  // namespace

const XmlNode* XmlNode::child(std::string_view wanted) const {
  const auto found = std::ranges::find(children, wanted, &XmlNode::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlNode::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return {};
}

const XmlNode* XmlNode::find(std::string_view path) const {
  const XmlNode* node = this;
  while (node && !path.empty()) {
    const auto [step, rest] = first_step(path);
    node = node->child(step);
    path = rest;
  }
  return node;
}

std::string_view XmlNode::at(std::string_view path) const {
  const auto last = path.rfind('@');
  if (last == std::string_view::npos) {
    const XmlNode* node = find(path);
    return node ? std::string_view(node->text) : std::string_view();
  }
  const XmlNode* node = last == 0 ? this : find(path.substr(0, last - 1));
  return node ? node->attribute(path.substr(last + 1)) : std::string_view();
}

std::vector<const XmlNode*> XmlNode::all(std::string_view path) const {
  std::vector<const XmlNode*> found;
  collect(*this, path, found);
  return found;
}

}  // namespace varde::mappings
