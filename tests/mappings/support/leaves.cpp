#include "tests/mappings/support/leaves.h"

namespace varde::tests {
namespace {

bool blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

void collect(const mappings::XmlNode& node, const std::string& path, Leaves& found) {
  const std::string here = path + "/" + node.name;
  for (const auto& [name, value] : node.attributes)
    if (!blank(value)) found[here + "/@" + name].push_back(value);
  if (node.children.empty() && !blank(node.text)) found[here].push_back(node.text);
  for (const auto& child : node.children) collect(child, here, found);
}

}  // namespace

Leaves leaves(const mappings::XmlNode& root) {
  Leaves found;
  collect(root, "", found);
  return found;
}

}  // namespace varde::tests
