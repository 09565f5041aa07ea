// Any text compiles or is refused; what compiles runs on a resource with something of everything.
#include <cstdint>

#include "fhir-model/fhirpath/path.h"
#include "fhir-model/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde::fhir;
  static const auto kPatient = parse_json(R"({"resourceType":"Patient","id":"p","active":true,
      "contained":[{"resourceType":"Organization","id":"o","name":"x"}],"extension":[{"url":"http://a","valueQuantity":{"value":1}}],
      "name":[{"family":"A","given":["B","C"]},{"text":"D"}],"telecom":[{"system":"phone","value":"1"}],"deceasedBoolean":false,
      "managingOrganization":{"reference":"#o"},"link":[{"other":{"reference":"Patient/q"},"type":"refer"}]})");
  const auto path = Path::compile({reinterpret_cast<const char*>(data), size});
  if (!path) return 0;
  std::vector<Element> found;
  path->select(kPatient->root(), found);
  path->test(kPatient->root());
  return 0;
}
