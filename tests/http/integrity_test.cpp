/// References that lead nowhere (setting references).
/// Source: https://hl7.org/fhir/R4/http.html#transaction, #delete
#include <gtest/gtest.h>

#include "server/interaction/integrity.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using Mode = interaction::Integrity::Mode;

class Integrity : public testing::Test {
 protected:
  Integrity() {
    world.store->add_effect(integrity);
    EXPECT_EQ(world.put("/fhir/Patient/ola", R"({"resourceType":"Patient","id":"ola"})").status, 201);
  }
  static std::string observation(const std::string& id, const std::string& subject, const std::string& more = {}) {
    return R"({"resourceType":"Observation","id":")" + id +
           R"(","status":"final","code":{"text":"x"},"subject":{"reference":")" + subject + "\"}" + more + "}";
  }
  Answer put(const std::string& id, const std::string& subject, const std::string& more = {}) const {
    return world.put("/fhir/Observation/" + id, observation(id, subject, more));
  }

  World world;
  std::string told;
  interaction::Integrity integrity{{{"*", Mode::off},
                                    {"Observation.*", Mode::warn},
                                    {"Observation.subject", Mode::refuse},
                                    {"Observation.encounter", Mode::off}},
                                   [this](std::string_view line) { told.append(line).append("\n"); }};
};

TEST_F(Integrity, refuses_a_reference_to_what_is_not_here_and_names_its_place) {
  EXPECT_EQ(put("o1", "Patient/ola").status, 201);
  EXPECT_EQ(put("o2", world.base() + "/Patient/ola").status, 201);
  const auto refused = put("o3", "Patient/ingen");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("Observation.subject refers to Patient/ingen"), std::string::npos) << refused.body;
  EXPECT_EQ(world.get("/fhir/Observation/o3").status, 404);
  EXPECT_EQ(put("o4", "https://other.test/fhir/Patient/ingen").status, 201) << "elsewhere is not ours to tell";
}

TEST_F(Integrity, logs_the_place_where_it_only_warns_and_asks_nothing_where_it_is_off) {
  EXPECT_EQ(put("o1", "Patient/ola", R"(,"performer":[{"reference":"Practitioner/hemmelig"}])").status, 201);
  EXPECT_EQ(told, "a reference leads nowhere: Observation.performer\n");
  told.clear();
  EXPECT_EQ(put("o2", "Patient/ola", R"(,"encounter":{"reference":"Encounter/ingen"})").status, 201);
  EXPECT_EQ(
      world.post("/fhir/Condition", R"({"resourceType":"Condition","subject":{"reference":"Patient/ingen"}})").status,
      201);
  EXPECT_EQ(told, "");
}

TEST_F(Integrity, keeps_what_is_referred_to_and_says_by_whom) {
  ASSERT_EQ(put("o1", "Patient/ola").status, 201);
  const auto kept = world.ask("DELETE", "/fhir/Patient/ola");
  EXPECT_EQ(kept.status, 409);
  EXPECT_NE(kept.body.find("Patient/ola is referred to by Observation/o1 (Observation.subject)"), std::string::npos)
      << kept.body;
  EXPECT_EQ(world.get("/fhir/Patient/ola").status, 200);
  EXPECT_EQ(world.ask("DELETE", "/fhir/Observation/o1").status, 204);
  EXPECT_EQ(world.ask("DELETE", "/fhir/Patient/ola").status, 204);
}

TEST_F(Integrity, looks_at_a_transaction_as_a_whole) {
  const std::string both =
      R"({"resourceType":"Bundle","type":"transaction","entry":[)"
      R"({"request":{"method":"PUT","url":"Observation/o1"},"resource":)" +
      observation("o1", "Patient/ny") +
      R"(},{"request":{"method":"PUT","url":"Patient/ny"},"resource":{"resourceType":"Patient","id":"ny"}}]})";
  EXPECT_EQ(world.post("/fhir", both).status, 200) << "in whatever order they are written";
  const std::string away = R"({"resourceType":"Bundle","type":"transaction","entry":[)"
                           R"({"request":{"method":"DELETE","url":"Patient/ny"}},)"
                           R"({"request":{"method":"DELETE","url":"Observation/o1"}}]})";
  EXPECT_EQ(world.post("/fhir", away).status, 200) << "who refers goes as well";
  const std::string dangling = R"({"resourceType":"Bundle","type":"transaction","entry":[)"
                               R"({"request":{"method":"DELETE","url":"Patient/ola"}},)"
                               R"({"request":{"method":"PUT","url":"Observation/o2"},"resource":)" +
                               observation("o2", "Patient/ola") + "}]}";
  EXPECT_EQ(world.post("/fhir", dangling).status, 422) << "what goes is not there";
  EXPECT_EQ(world.get("/fhir/Patient/ola").status, 200);
}

}  // namespace
}  // namespace varde::test
