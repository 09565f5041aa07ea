// Holds us to issue 8 section 3: one row says all that is known of a type of message, and no row says what is not so.
#include <gtest/gtest.h>

#include <set>

#include "mappings/message.h"
#include "mappings/reader/schema.h"
#include "server/messaging/effect/effect.h"

namespace varde::messaging::test {
namespace {

TEST(MessageTypes, are_received_where_they_have_an_effect_and_only_there) {
  for (const auto& type : mappings::message_types()) EXPECT_EQ(type.is_received(), has_effect(type.code)) << type.code;
}

TEST(MessageTypes, that_are_sent_or_received_have_a_mapping) {
  for (const auto& type : mappings::message_types())
    EXPECT_TRUE(type.mapping != nullptr || type.direction == mappings::Direction::known) << type.code;
}

TEST(MessageTypes, have_a_row_each_and_a_definition_for_each_version) {
  std::set<std::string_view> codes, defined;
  const auto schemas = mappings::write_schemas(mappings::built_in_definitions());
  for (const auto& schema : schemas) defined.insert(schema.ns);
  for (const auto& type : mappings::message_types()) {
    EXPECT_TRUE(codes.insert(type.code).second) << type.code;
    ASSERT_FALSE(type.versions.empty()) << type.code;
    for (const auto& version : type.versions) EXPECT_TRUE(defined.contains(version.ns)) << type.code << version.number;
    EXPECT_TRUE(std::ranges::is_sorted(type.versions, std::greater<>{}, &mappings::MessageVersion::number));
  }
}

}  // namespace
}  // namespace varde::messaging::test
