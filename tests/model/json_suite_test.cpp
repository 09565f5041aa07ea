// Holds us to RFC 8259 by the JSON Parsing Test Suite, at the level of JSON itself (before FHIR's rules).
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/json/tape.h"
#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

constexpr auto kSuite = "fhir/json-test-suite.tar.xz";

Result<void> read_as_json(const std::string& text) {
  std::string copy = text;
  return json::read_tape(text, copy.data(), {600, 10'000'000}).map([](const auto&) {});
}

TEST(JsonSuite, accepts_every_y_case_and_refuses_every_n_case) {
  const auto suite = test::Unpacked::archive(kSuite);
  VARDE_NEEDS_REFERENCE(kSuite, suite);
  std::size_t accepted = 0, refused = 0;
  for (const auto& file : suite->files(".json")) {
    const std::string name = file.filename().string();
    const bool read = bool(read_as_json(test::read_file(file)));
    if (name.starts_with("y_")) {
      EXPECT_TRUE(read) << name;
      ++accepted;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(read) << name;
      ++refused;
    }
  }
  EXPECT_EQ(accepted, 95u);
  EXPECT_EQ(refused, 188u);
}

Fault refusal(std::string_view text, const JsonLimits& limits = {}) {
  const auto tree = parse_json(text, limits);
  return tree ? Fault::internal : tree.error().fault;
}

TEST(JsonLimits, stops_at_more_bytes_elements_or_depth_than_allowed) {
  const std::string patient = R"({"resourceType":"Patient","name":[{"family":"A"},{"family":"B"}]})";
  EXPECT_EQ(refusal(patient, {.bytes = patient.size() - 1}), Fault::too_large);
  EXPECT_EQ(refusal(patient, {.depth = 2}), Fault::too_deep);
  EXPECT_EQ(refusal(patient, {.elements = 3}), Fault::too_large);
  EXPECT_TRUE(parse_json(patient, {.bytes = patient.size(), .depth = 3}));
}

TEST(JsonLimits, refuses_a_gigabyte_of_digits_without_reading_it) {
  // The bytes behind the view are never touched: one page of them is enough to prove it.
  const std::string page(4096, '7');
  EXPECT_EQ(refusal(std::string_view(page.data(), std::size_t{1} << 30)), Fault::too_large);
  const std::string many =
      R"({"resourceType":"Observation","valueQuantity":{"value":)" + std::string(30'000'000, '7') + "}}";
  const auto tree = parse_json(many);
  ASSERT_FALSE(tree);
  EXPECT_NE(tree.error().diagnostics.find("a number is larger than"), std::string::npos) << tree.error().diagnostics;
}

TEST(JsonEncoding, takes_utf8_only) {
  const std::string_view patient = R"({"resourceType":"Patient"})";
  std::string utf16le = "\xFF\xFE", utf16be = "\xFE\xFF";
  for (const char c : patient) {
    utf16le.append({c, '\0'});
    utf16be.append({'\0', c});
  }
  EXPECT_FALSE(parse_json(utf16le));
  EXPECT_FALSE(parse_json(utf16be));
  EXPECT_TRUE(parse_json("\xEF\xBB\xBF" + std::string(patient))) << "a byte order mark in front does no harm";
  for (const std::string_view bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                     "\xF8\x88\x80\x80\x80", "\xC3", "\x80", "\xE2\x82"})
    EXPECT_FALSE(parse_json(R"({"resourceType":"Patient","name":[{"family":"a)" + std::string(bad) + R"("}]})"));
  for (const std::string cut : {"\xC3", "\xE3", "\xE2\x82", "\xF0\x9F\x98"})
    EXPECT_EQ(refusal("{\"resourceType\":\"Patient\",\"name" + cut), Fault::encoding_invalid) << "at the very end";
  EXPECT_FALSE(parse_json(R"({"resourceType":"Patient","name":[{"family":"\uD800"}]})"));
  EXPECT_FALSE(parse_json(R"({"resourceType":"Patient","name":[{"family":"\uD800\u0041"}]})"));
  EXPECT_FALSE(parse_json(R"({"resourceType":"Patient","name":[{"\uDC00":"A"}]})"));
  EXPECT_TRUE(parse_json(R"({"resourceType":"Patient","name":[{"family":"\uD83D\uDE00"}]})"));
}

}  // namespace
}  // namespace varde::fhir
