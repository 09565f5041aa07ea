// What parses is written, and what is written parses to the same bytes, by way of XML and of JSON; what validation
// finds has a place in the text.
#include <cstdint>
#include <cstdlib>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde::fhir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = parse_xml(text, {.bytes = 1u << 20});
  if (!tree) return 0;
  const std::string written = to_xml(tree->root());
  const auto again = parse_xml(written);
  if (!again || to_xml(again->root()) != written) std::abort();
  if (auto valid = require_valid(tree->root()); !valid) {
    locate_xml(text, valid.error());
    if (!valid.error().place) std::abort();
    return 0;
  }
  const auto through_json = parse_json(to_json(tree->root()));
  if (!through_json || to_xml(through_json->root()) != written) std::abort();
  return 0;
}
