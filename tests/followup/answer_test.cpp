/// Answers are readings: ESAS items and their changes, as any measurement (domain: "change in symptom answers").
#include <gmock/gmock.h>

#include "server/followup/rule_finding.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kEsas = "https://example.org/Questionnaire/esas";

class Answer : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    world.create(question(
        "pust",
        {limit("green", "0", "4", "{score}"), limit("yellow", "4", "7", "{score}"), limit("red", "7", "", "{score}")},
        R"(,{"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[
      {"url":"kind","valueCode":"trend"},{"url":"zone","valueCode":"yellow"},
      {"url":"change","valueQuantity":{"value":2,"system":"http://unitsofmeasure.org","code":"{score}"}},
      {"url":"within","valueDuration":{"value":7,"system":"http://unitsofmeasure.org","code":"d"}}]})"));
  }
  std::string question(std::string_view link_id, std::vector<std::string> limits, std::string_view rule = "") {
    limits.back() += rule;
    auto json = plan(kari, "x", limits);
    const std::string code = R"({"system":"http://loinc.org","code":"x"})";
    return json.replace(json.find(code), code.size(),
                        R"({"system":")" + std::string(kEsas) + R"(","code":")" + std::string(link_id) + "\"}");
  }
  std::string response(std::string_view answer, int day = 21, std::string_view status = "completed",
                       std::string_view meta = "") {
    return R"({"resourceType":"QuestionnaireResponse",)" + std::string(meta) + R"("questionnaire":")" +
           std::string(kEsas) + R"(|2.0","status":")" + std::string(status) + R"(","subject":{"reference":"Patient/)" +
           kari + R"("},"authored":"2026-11-)" + std::to_string(day) +
           R"(T07:00:00Z","item":[{"linkId":"gruppe","item":[
      {"linkId":"pust","text":"Tungpust","answer":[{)" +
           std::string(answer) + R"(}]},{"linkId":"smerte","answer":[{"valueInteger":9}]}]}]})";
  }
  std::string answer(std::string_view value, int day = 21) { return world.create(response(value, day)); }
  /// Colour and words of every Observation, oldest first.
  Words colours() {
    Words found;
    for (const auto& tree : world.all("Observation")) {
      const auto zone = level_of(tree.root());
      auto words = std::string(tree.root()["status"].value()) + " " + (zone ? std::string(code(*zone)) : "none");
      for (const auto& finding : rule_findings_of(tree.root())) words += " " + finding.text;
      found.push_back(words);
    }
    return found;
  }
};

TEST_F(Answer, that_the_plan_has_limits_for_is_a_reading_of_its_own) {
  const auto id = answer(R"("valueInteger":8)");
  const auto all = world.all("Observation");
  ASSERT_EQ(all.size(), 1u) << "pain is not in the plan";
  const auto observation = all.front().root();
  EXPECT_EQ(observation["derivedFrom"]["reference"].value(), "QuestionnaireResponse/" + id);
  EXPECT_EQ(observation["effectiveDateTime"].value(), "2026-11-21T07:00:00Z");
  EXPECT_EQ(colours(), (Words{"final red"}));
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_THAT(world.all("Task").back().root()["description"].value(),
              HasSubstr("Tungpust 8 poeng er over rød grense 7 poeng"));
  EXPECT_EQ(world.measurements(kari, std::string(kEsas) + "|pust").size(), 1u);
}

TEST_F(Answer, that_is_given_several_times_counts_by_the_worst) {
  const auto id = answer(R"("valueInteger":2},{"valueInteger":9)");
  EXPECT_EQ(colours(), (Words{"final red"}));
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  const auto rows = world.measurements(kari, std::string(kEsas) + "|pust");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].value, 9) << "rules and curves see what was told";
  world.update(response(R"("valueInteger":2},{"valueInteger":3)", 21, "amended"), id);
  EXPECT_EQ(colours(), (Words{"corrected green"}));
  world.update(response(R"("valueInteger":2},{"valueString":"verre")", 21, "amended"), id);
  EXPECT_EQ(colours(), (Words{"corrected grey"})) << "what could not be judged is not green";
}

TEST_F(Answer, to_a_question_that_is_asked_twice_counts_by_the_worst) {
  auto json = response(R"("valueInteger":2)");
  json.insert(json.rfind("]}"), R"(,{"linkId":"pust","answer":[{"valueInteger":8}]})");
  world.create(json);
  EXPECT_EQ(colours(), (Words{"final red"}));
}

TEST_F(Answer, of_somebody_who_is_not_here_is_told) {
  auto json = response(R"("valueInteger":9)");
  const std::string subject = R"("subject":{"reference":"Patient/)" + kari + R"("})";
  json.replace(json.find(subject), subject.size(),
               R"("subject":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}})");
  world.create(json);
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_THAT(world.all("Task").back().root()["description"].value(), HasSubstr("Svar på skjema fra ukjent avsender"));
  world.create(patient(R"(,"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}])"));
  EXPECT_EQ(tasks("technical"), (Words{"completed/urgent"}));
}

TEST_F(Answer, a_change_from_one_response_to_the_next_is_told) {
  answer(R"("valueInteger":1)", 18);
  answer(R"("valueInteger":3)", 21);
  EXPECT_THAT(colours(), ElementsAre("final green", HasSubstr("final yellow Tungpust har økt 2 ")));
}

TEST_F(Answer, of_every_kind_that_holds_a_number_is_that_number) {
  answer(R"("valueDecimal":7.5)", 10);
  answer(R"("valueBoolean":true)", 1 + 10);
  answer(R"("valueQuantity":{"value":5,"system":"http://unitsofmeasure.org","code":"{score}"})", 20);
  answer(
      R"("valueCoding":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":9}],"code":"mye"})",
      19);
  EXPECT_THAT(colours(), ElementsAre(HasSubstr("red"), "final green", HasSubstr("yellow"), HasSubstr("red")));
}

TEST_F(Answer, without_a_number_is_told_and_never_green) {
  answer(R"("valueCoding":{"code":"mye","display":"Mye"})", 20);
  answer(R"("valueString":"går bra")", 21);
  EXPECT_EQ(colours(), (Words{"final grey", "final grey"}));
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
}

TEST_F(Answer, follows_a_correction_and_is_withdrawn_with_its_response) {
  const auto id = answer(R"("valueInteger":8)");
  world.update(response(R"("valueInteger":2)", 21, "amended"), id);
  EXPECT_EQ(colours(), (Words{"corrected green"}));
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap"}));
  world.update(response(R"("valueInteger":8)", 21, "amended"), id);
  EXPECT_EQ(colours(), (Words{"corrected red"}));
  world.update(response(R"("valueInteger":8)", 21, "entered-in-error"), id);
  EXPECT_EQ(colours(), (Words{"entered-in-error none"}));
  const auto other = answer(R"("valueInteger":8)");
  world.remove("QuestionnaireResponse", other);
  EXPECT_EQ(colours(), (Words{"entered-in-error none", "entered-in-error none"}));
  EXPECT_THAT(world.measurements(kari, std::string(kEsas) + "|pust"), IsEmpty());
}

TEST_F(Answer, what_somebody_else_has_derived_from_the_response_is_left_alone) {
  const auto id = answer(R"("valueInteger":8)");
  const auto other = world.create(observation(
      kari, {.value = "95", .extra = R"("derivedFrom":[{"reference":"QuestionnaireResponse/)" + id + "\"}],"}));
  world.update(response(R"("valueInteger":2)", 21, "amended"), id);
  EXPECT_EQ(world.read("Observation", other).root()["status"].value(), "final");
}

TEST_F(Answer, that_is_not_given_yet_counts_for_nothing) {
  world.create(response(R"("valueInteger":8)", 21, "in-progress"));
  EXPECT_THAT(colours(), IsEmpty());
}

TEST_F(Answer, the_same_response_again_writes_nothing) {
  const auto id = answer(R"("valueInteger":8)");
  world.update(response(R"("valueInteger":8)"), id);
  EXPECT_EQ(world.all("Observation").front().root()["meta"]["versionId"].value(), "1");
}

TEST_F(Answer, of_test_data_alerts_nobody) {
  world.create(response(
      R"("valueInteger":8)", 21, "completed",
      R"("meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]},)"));
  EXPECT_EQ(colours(), (Words{"final red"}));
  EXPECT_THAT(tasks("alert"), IsEmpty());
}

}  // namespace
}  // namespace varde::followup::test
