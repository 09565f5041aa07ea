#include "fhir-model/profile/outline.h"

#include <array>

namespace varde::fhir {

Tree grow(std::string_view type_name, std::string_view outline) {
  constexpr std::size_t kDeepest = 10;  // a depth is one digit
  Tree tree = Tree::of(type_name);
  std::array<Editor, kDeepest + 1> above;
  above[0] = tree.edit();
  while (!outline.empty()) {
    const std::string_view line = outline.substr(0, outline.find('\n'));
    outline.remove_prefix(line.size() + 1);
    const auto depth = static_cast<std::size_t>(line.front() - '0');
    const std::string_view name = line.substr(1, line.find(' ') - 1);
    const std::string_view value = line.substr(1 + name.size());
    above[depth + 1] = value.empty() ? above[depth].add(name) : above[depth].add(name, value.substr(1));
  }
  return tree;
}

}  // namespace varde::fhir
