/// Our own messages beside the FHIR they become: tests/mappings/<type>/<name>.xml and <name>.json, in both directions.
/// After a wanted change: VARDE_WRITE_FIXTURES=1 writes the .json anew; read the difference before you commit it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "mappings/message.h"
#include "mappings/reader/reader.h"
#include "tests/mappings/support/files.h"
#include "tests/mappings/support/leaves.h"

namespace varde::tests {
namespace {

class Fixture : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    file_ = source() / "tests" / "mappings" / GetParam();
    bytes_ = content(file_);
    message_ = mappings::read_message(bytes_);
    for (const auto& failure : message_.failures) ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  }

  std::filesystem::path json_file() const { return std::filesystem::path(file_).replace_extension(".json"); }

  std::filesystem::path file_;
  std::string bytes_;
  mappings::Message message_;
};

TEST_P(Fixture, becomes_the_fhir_beside_it) {
  const auto bundle = mappings::to_fhir(message_, bytes_);
  ASSERT_TRUE(bundle) << bundle.error().diagnostics;
  for (const auto& failure : fhir::validate(bundle->root()))
    ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  const std::string json = fhir::to_pretty_json(bundle->root()) + "\n";
  if (std::getenv("VARDE_WRITE_FIXTURES")) std::ofstream(json_file(), std::ios::binary) << json;
  EXPECT_EQ(json, content(json_file()));
}

TEST_P(Fixture, is_made_again_from_that_fhir_with_every_value) {
  const auto bundle = fhir::parse_json(content(json_file()));
  ASSERT_TRUE(bundle) << bundle.error().diagnostics;
  const auto xml = mappings::from_fhir(bundle->root());
  ASSERT_TRUE(xml) << xml.error().expression << ": " << xml.error().diagnostics;
  EXPECT_EQ(leaves(mappings::message_reader().read(*xml).root), leaves(message_.document)) << *xml;
}

TEST_P(Fixture, comes_back_as_a_message_that_a_receiver_must_accept) {
  const auto bundle = fhir::parse_json(content(json_file()));
  ASSERT_TRUE(bundle) << bundle.error().diagnostics;
  const auto xml = mappings::from_fhir(bundle->root());
  ASSERT_TRUE(xml) << xml.error().expression << ": " << xml.error().diagnostics;
  for (const auto& failure : mappings::read_message(*xml).failures)
    ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE for the official schemas";
  std::string complaints;
  EXPECT_TRUE(officially_valid(*xml, complaints)) << complaints;
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  const auto folder = source() / "tests" / "mappings";
  for (const auto& file : files(folder, ".xml")) found.push_back(std::filesystem::relative(file, folder).string());
  return found;
}

INSTANTIATE_TEST_SUITE_P(Own, Fixture, testing::ValuesIn(names()), [](const auto& fixture) {
  std::string name = fixture.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace varde::tests
