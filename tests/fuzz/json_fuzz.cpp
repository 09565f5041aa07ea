// What parses is written, and what is written parses to the same bytes, by way of JSON and of XML; validation copes
// with all of it, and everything it finds has a place in the text.
#include <cstdint>
#include <cstdlib>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

namespace {

using namespace varde::fhir;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_places(std::string_view text, varde::Failure failure) {
  locate_json(text, failure);
  require(bool(failure.place));
  for (const varde::Failure& one : failure.also) require(bool(one.place));
}

/// XML has the elements in the order of their definition; a narrative comes back with characters for its references.
bool comes_back_from_xml(const Tree& tree, const Tree& through_xml) {
  const std::string in_order = to_json(Tree::copy_of(tree.root()).root());
  if (in_order.find("&#") != std::string::npos || in_order.find("\\r") != std::string::npos) return true;
  return to_json(through_xml.root()) == in_order;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = parse_json(text, {.bytes = 1u << 20});
  if (!tree) return 0;
  const std::string written = to_json(tree->root());
  const auto again = parse_json(written);
  require(again && to_json(again->root()) == written);
  const auto pretty = parse_json(to_pretty_json(tree->root()));
  require(pretty && to_json(pretty->root()) == written);
  const auto through_xml = parse_xml(to_xml(tree->root()));
  if (auto valid = require_valid(tree->root()))
    require(through_xml && comes_back_from_xml(*tree, *through_xml));
  else
    require_places(text, std::move(valid.error()));
  return 0;
}
