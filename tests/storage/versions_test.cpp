// Versions, history and deletion: https://hl7.org/fhir/R4/http.html#versions, #history, #delete
#include <gmock/gmock.h>

#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::ElementsAre;
class Versions : public Store {};

std::vector<std::int64_t> numbers(const std::vector<Version>& versions) {
  std::vector<std::int64_t> found;
  for (const auto& version : versions) found.push_back(version.version);
  return found;
}

TEST_F(Versions, are_read_back_as_they_were_written) {
  const auto written = put("Observation", "a", {}, Method::create, "kari");
  const auto read = current("Observation", "a");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, written.key);
  EXPECT_EQ(read->patient, written.patient);
  EXPECT_NE(read->patient, PatientKey::none);
  EXPECT_EQ(read->type, type("Observation"));
  EXPECT_EQ(read->id, "a");
  EXPECT_EQ(read->version, 1);
  EXPECT_EQ(read->updated, at(clock));
  EXPECT_EQ(read->method, Method::create);
  EXPECT_EQ(read->bytes, "Observation/a v1");
}

TEST_F(Versions, of_another_type_or_letter_case_are_not_found) {
  put("Observation", "a");
  EXPECT_FALSE(current("Patient", "a"));
  EXPECT_FALSE(current("Observation", "A"));
  EXPECT_FALSE(current("Observation", ""));
}

TEST_F(Versions, keep_their_key_and_their_past) {
  const auto first = put("Observation", "a");
  const auto second = put("Observation", "a");
  put("Observation", "a");
  EXPECT_EQ(first.key, second.key);
  database->read([&](const Snapshot& snapshot) {
    const auto observation = type("Observation");
    EXPECT_THAT(numbers(snapshot.history(observation, "a", 10, 100)), ElementsAre(3, 2, 1));
    EXPECT_THAT(numbers(snapshot.history(observation, "a", 2, 100)), ElementsAre(3, 2));
    EXPECT_THAT(numbers(snapshot.history(observation, "a", 10, 3)), ElementsAre(2, 1));
    EXPECT_THAT(numbers(snapshot.history(observation, "a", 0, 100)), ElementsAre());
    EXPECT_EQ(snapshot.version(observation, "a", 1)->bytes, "Observation/a v1");
    EXPECT_EQ(snapshot.version(observation, "a", 1)->updated, first.updated);
    EXPECT_EQ(snapshot.version(observation, "a", 3)->bytes, "Observation/a v3");
    EXPECT_EQ(snapshot.current(first.key)->version, 3);
    EXPECT_FALSE(snapshot.version(observation, "a", 4));
    EXPECT_FALSE(snapshot.version(observation, "a", 0));
    return 0;
  });
}

TEST_F(Versions, tell_of_a_deletion_and_live_on_after_it) {
  const auto first = put("Observation", "a");
  put("Observation", "a", {}, Method::remove);
  EXPECT_EQ(current("Observation", "a")->method, Method::remove);
  EXPECT_EQ(current("Observation", "a")->bytes, "");
  const auto again = put("Observation", "a");
  EXPECT_EQ(again.key, first.key);
  EXPECT_EQ(again.version, 3);
  database->read([&](const Snapshot& snapshot) {
    const auto history = snapshot.history(type("Observation"), "a", 10, 100);
    EXPECT_THAT(numbers(history), ElementsAre(3, 2, 1));
    EXPECT_EQ(history[1].method, Method::remove);
    EXPECT_EQ(history[2].bytes, "Observation/a v1");
    return 0;
  });
}

TEST_F(Versions, may_not_skip_a_number) {
  auto version = put("Observation", "a");
  version.version = 3;
  EXPECT_THROW(write([&](Transaction& transaction) { transaction.put(version, {}); }), std::logic_error);
  EXPECT_EQ(current("Observation", "a")->version, 1);
}

TEST_F(Versions, survive_a_restart_byte_for_byte) {
  const std::string bytes = "{\"resourceType\":\"Basic\",\"id\":\"å\",\"x\":\"Blåbærsyltetøy \xF0\x9F\x8F\x94 1.00\"}";
  write([&](Transaction& transaction) {
    transaction.put({.type = type("Basic"), .id = "b", .version = 1, .updated = transaction.now(), .bytes = bytes}, {});
  });
  reopen();
  EXPECT_EQ(current("Basic", "b")->bytes, bytes);
}

TEST_F(Versions, never_share_a_time_nor_go_back_in_time) {
  const auto first = put("Observation", "a");
  const auto second = put("Observation", "a");
  EXPECT_GT(second.updated, first.updated);
  clock -= 3'600'000'000;
  const auto third = put("Observation", "a");
  EXPECT_GT(third.updated, second.updated);
  reopen();
  const auto fourth = put("Observation", "a");
  EXPECT_GT(fourth.updated, third.updated);
  clock += 7'200'000'000;
  EXPECT_EQ(put("Observation", "a").updated, at(clock));
}

TEST_F(Versions, of_a_patient_carry_the_patients_own_key_also_when_others_came_first) {
  const auto observation = put("Observation", "o", {}, Method::create, "kari");
  const auto patient = put("Patient", "kari");
  EXPECT_EQ(current("Patient", "kari")->patient, observation.patient);
  database->read([&](const Snapshot& snapshot) {
    EXPECT_EQ(snapshot.patient_key("kari"), observation.patient);
    EXPECT_EQ(snapshot.patient_id(observation.patient), "kari");
    EXPECT_EQ(snapshot.patient_key("ola"), PatientKey::none);
    EXPECT_EQ(snapshot.patient_id(PatientKey::none), "");
    return 0;
  });
}

}  // namespace
}  // namespace varde::storage::test
