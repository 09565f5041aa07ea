// Any text as a patch, JSON Patch when it is an array and else FHIRPath Patch, on a small resource under tight limits:
// the resource is never changed, and what comes out is FHIR JSON with the same id.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fhir-model/json/json.h"
#include "fhir-model/patch/fhirpath_patch.h"
#include "fhir-model/patch/json_patch.h"
#include "fhir-model/validation/validation.h"

namespace {

constexpr std::string_view kResource =
    R"({"resourceType":"Patient","id":"p","meta":{"versionId":"1"},)"
    R"("contained":[{"resourceType":"Organization","id":"o","name":"Fjell"}],)"
    R"("extension":[{"url":"urn:x","valueDecimal":1.50}],"active":true,)"
    R"("name":[{"family":"Nordmann","given":["Kari","Anne"],"_given":[null,{"id":"g2"}]},{"text":"Kari"}],)"
    R"("birthDate":"1948-02-29","_birthDate":{"id":"b"},"contact":[{"name":{"text":"Ola"},"gender":"male"}],)"
    R"("communication":[{"language":{"text":"norsk"},"preferred":true}]})";

varde::Result<varde::fhir::Tree> patched(std::string_view text, varde::fhir::Element resource) {
  using namespace varde::fhir;
  const PatchLimits limits{.operations = 100, .bytes = 1u << 20, .values = 10'000, .depth = 50, .steps = 100'000};
  if (text.starts_with('['))
    return JsonPatch::parse(text, limits).and_then([&](const JsonPatch& patch) { return patch.apply(resource); });
  auto parameters = parse_json(text, {.bytes = 1u << 20});
  if (!parameters) return parameters;
  return FhirPathPatch::parse(std::move(*parameters), limits).and_then([&](const FhirPathPatch& patch) {
    return patch.apply(resource);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varde::fhir;
  static const Tree tree = std::move(*parse_json(kResource));
  const auto result = patched({reinterpret_cast<const char*>(data), size}, tree.root());
  if (to_json(tree.root()) != kResource) std::abort();
  if (!result) return 0;
  const std::string written = to_json(result->root());
  const auto again = parse_json(written);
  if (!again || to_json(again->root()) != written) std::abort();
  if (result->root()["id"].value() != "p") std::abort();
  static_cast<void>(validate(result->root()));
  return 0;
}
