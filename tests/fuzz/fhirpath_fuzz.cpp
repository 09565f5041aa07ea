// libFuzzer target: any text as a FHIRPath expression, evaluated on a small resource under tight limits.
// Build: clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined (see tests/fuzz/CMakeLists.txt where present).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/fhirpath/jsonl.h"
#include "fhir-model/json/json.h"

namespace {

constexpr std::string_view kResource = R"({"resourceType":"Observation","id":"o","status":"final",
  "contained":[{"resourceType":"Patient","id":"p","birthDate":"1974-12-25"}],
  "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
  "extension":[{"url":"http://example.org/a","valueInteger":7}],
  "code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},"subject":{"reference":"#p"},
  "effectiveDateTime":"2024-05-01T10:00:00+02:00",
  "valueQuantity":{"value":88.0,"system":"http://unitsofmeasure.org","code":"%"},
  "component":[{"code":{"text":"a"},"valueQuantity":{"value":1e-7}},{"code":{"text":"b"},"valueString":"s"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde;
  static const fhir::Tree tree = std::move(*fhir::parse_json(kResource));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = fhirpath::compile(text);
  if (!expression) return 0;
  static_cast<void>(fhirpath::check(*expression, tree.root().type()));
  fhirpath::Environment environment;
  environment.clock = [] { return std::int64_t{1'700'000'000'000}; };
  environment.limits = {.items = 5'000, .steps = 50'000, .text_bytes = 1 << 20};
  const auto result = fhirpath::evaluate(*expression, tree.root(), environment);
  if (result && fhirpath::to_json(*result).empty()) std::abort();
  return 0;
}
