// The example of fhir-model/README.md: it compiles, it does what it says, and it stands there to the letter.
#include <gtest/gtest.h>

#include "tests/model/support/reference.h"

// clang-format off
// [begin]
#include "fhir-model/json/json.h"
#include "fhir-model/patch/json_patch.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/view/observation.h"
#include "fhir-model/xml/xml.h"
using namespace varde::fhir;
namespace fp = varde::fhirpath;

varde::Result<std::string> corrected(std::string_view body, std::string_view patch) {
  auto tree = parse_json(body);                        // names, JSON kinds, limits; text and decimals to the letter
  if (!tree) return tl::unexpected(tree.error());      // .fault .diagnostics .expression .place .source .also
  const Element root = tree->root();                   // a cheap cursor; absent places stay absent
  const auto weight = view::Observation::of(root).value().quantity().value();  // typed; or root["valueQuantity"]["value"]
  for (const Element coding : root["code"].each("coding"))
    if (coding["code"].value() == "29463-7" && weight) tree->edit().ensure("meta").set("versionId", "2");

  static const Profiles profiles;                      // R4's own; add() takes yours
  for (const varde::Failure& wrong : validate(root, profiles, {}))
    return tl::unexpected(wrong);                      // every finding; with Report::everything also advice
  static const auto over = fp::compile("value.ofType(Quantity).value > 500").value();
  if (fp::test(over, root).value_or(std::nullopt) == true) return varde::fail(varde::Fault::business_rule, "Mind the unit.");

  return JsonPatch::parse(patch)
      .and_then([&](const JsonPatch& read) { return read.apply(root); })      // or FhirpathPatch; root stays as it is
      .map([](const Tree& patched) { return to_xml(patched.root()); });       // or to_json, to_pretty_json
}
// [end]
// clang-format on

namespace {

constexpr std::string_view kWeight =
    R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},)"
    R"("valueQuantity":{"value":81.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}})";

TEST(Readme, shows_code_that_works) {
  const auto out = corrected(kWeight, R"([{"op":"replace","path":"/status","value":"amended"}])");
  ASSERT_TRUE(out) << out.error().diagnostics;
  EXPECT_NE(out->find("<versionId value=\"2\"/>"), std::string::npos) << *out;
  EXPECT_NE(out->find("<status value=\"amended\"/>"), std::string::npos) << *out;
  EXPECT_NE(out->find("<value value=\"81.50\"/>"), std::string::npos) << *out;
  EXPECT_FALSE(corrected(kWeight, R"([{"op":"remove","path":"/note"}])"));
}

TEST(Readme, has_it_to_the_letter) {
  const std::string source = varde::test::read_file(varde::test::source_root() / "tests/view/readme_test.cpp");
  const auto begin = source.find("// [begin]\n") + 11;
  const std::string example = source.substr(begin, source.find("// [end]") - begin);
  const std::string readme = varde::test::read_file(varde::test::source_root() / "fhir-model/README.md");
  EXPECT_NE(readme.find("```cpp\n" + example + "```"), std::string::npos);
}

}  // namespace
