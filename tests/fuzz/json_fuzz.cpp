// What parses is written, and what is written parses to the same bytes, by way of JSON and of XML; validation copes
// with all of it.
#include <cstdint>
#include <cstdlib>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde::fhir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = parse_json(text, {.bytes = 1u << 20});
  if (!tree) return 0;
  const std::string written = to_json(tree->root());
  const auto again = parse_json(written);
  if (!again || to_json(again->root()) != written) std::abort();
  if (!parse_json(to_pretty_json(tree->root()))) std::abort();
  const bool valid = validate(tree->root()).empty();
  const auto through_xml = parse_xml(to_xml(tree->root()));
  if (valid && !through_xml) std::abort();
  return 0;
}
