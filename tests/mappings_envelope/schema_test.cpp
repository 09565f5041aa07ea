// Our message definitions give the verdicts of the official schemas (../shared/kith/xsd), by the same engine.
#include <gtest/gtest.h>

#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using namespace test;

TEST(MessageDefinitions, give_every_reference_message_the_verdict_of_the_official_schemas) {
  NEEDS_REFERENCE();
  const auto official = official_reader();
  const auto files = covered_messages();
  ASSERT_GT(files.size(), 150u);
  std::size_t invalid = 0;
  for (const auto& file : files) {
    const std::string bytes = file_content(file);
    const Reading ours = message_reader().read(bytes), theirs = official->read(bytes);
    EXPECT_EQ(ours.well_formed, theirs.well_formed) << file;
    EXPECT_EQ(ours.schema_valid, theirs.schema_valid)
        << file << "\n  ours: "
        << (ours.failures.empty() ? "valid" : ours.failures[0].expression + " " + ours.failures[0].diagnostics)
        << "\n  official: "
        << (theirs.failures.empty() ? "valid" : theirs.failures[0].expression + " " + theirs.failures[0].diagnostics);
    invalid += !theirs.schema_valid;
  }
  EXPECT_GT(invalid, 15u) << "the acceptance kits hold deliberate faults";
  RecordProperty("messages", static_cast<int>(files.size()));
  RecordProperty("invalid", static_cast<int>(invalid));
}

}  // namespace
}  // namespace varde::mappings
