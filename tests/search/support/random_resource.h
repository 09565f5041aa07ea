#pragma once
/// Resources of any type with whatever elements R4 has for them, at random: well-formed, not meaningful. What search
/// parameters select is then there in every form that its type allows.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/definitions/definitions.h"

namespace varde::test {

class RandomResource {
 public:
  explicit RandomResource(unsigned seed) : random_(seed) {}
  std::string json(fhir::TypeId type, const std::string& id);
  std::size_t below(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most - 1)(random_); }
  bool in(std::size_t parts) { return below(parts) == 0; }
  template <class Options>
  const auto& one_of(const Options& options) {
    return options[below(options.size())];
  }

 private:
  void members(fhir::TypeId type, int depth, std::string& out);
  void value(const fhir::ElementRow& row, int depth, std::string& out);
  std::string primitive(std::string_view type);

  std::mt19937 random_;
};

}  // namespace varde::test
