// Holds us to https://hl7.org/fhir/R4/questionnaire.html and https://hl7.org/fhir/R4/questionnaireresponse.html
#include "fhir-model/validation/questionnaire.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"

namespace varde::fhir {
namespace {

using Found = std::vector<std::string>;

Tree parsed(const std::string& json) {
  auto tree = parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics + " " + tree.error().expression);
  return std::move(*tree);
}

std::string questionnaire(const std::string& items) {
  return R"({"resourceType":"Questionnaire","id":"q","url":"http://a.no/q","status":"active","item":[)" + items + "]}";
}

/// "fault expression" for each thing that is wrong with the answers.
Found violations(const std::string& questions, const std::string& answers, const std::string& status = "completed") {
  const Tree asked = parsed(questionnaire(questions));
  const Tree response = parsed(R"({"resourceType":"QuestionnaireResponse","questionnaire":"http://a.no/q","status":")" +
                               status + R"(","item":[)" + answers + "]}");
  Findings findings(response.root());
  check_answers(response.root(), asked.root(), findings);
  Found out;
  for (const Failure& failure : findings.take()) {
    out.push_back(std::string(row_of(failure.fault).name) + " " +
                  failure.expression.substr(std::string_view("QuestionnaireResponse.").size()));
    EXPECT_FALSE(failure.source.empty());
  }
  return out;
}

Found in_questionnaire(const std::string& items) {
  Found out;
  const Tree tree = parsed(questionnaire(items));
  for (const Failure& failure : validate(tree.root()))
    out.push_back(std::string(row_of(failure.fault).name) + " " + failure.expression);
  return out;
}

TEST(Questionnaire, asks_conditions_of_other_items_only) {
  const auto when = [](const std::string& question) {
    return in_questionnaire(R"({"linkId":"a","type":"group","enableWhen":[{"question":")" + question +
                            R"(","operator":"exists","answerBoolean":true}],"item":[{"linkId":"b","type":"string"}]},
                            {"linkId":"c","type":"string"})");
  };
  EXPECT_EQ(when("c"), Found{});
  EXPECT_EQ(when("a"), Found{"invariant Questionnaire.item[0].enableWhen[0].question"});
  EXPECT_EQ(when("b"), Found{"invariant Questionnaire.item[0].enableWhen[0].question"}) << "inside the item";
  EXPECT_EQ(when("d"), Found{"invariant Questionnaire.item[0].enableWhen[0].question"}) << "not there";
}

constexpr auto kPain = R"({"linkId":"pain","type":"integer","required":true,
  "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/minValue","valueInteger":0},
               {"url":"http://hl7.org/fhir/StructureDefinition/maxValue","valueInteger":10}]})";

TEST(Answers, name_items_that_the_questionnaire_has_at_that_place) {
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueInteger":3}]})"), Found{});
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueInteger":3}]},{"linkId":"x"})"),
            Found{"invariant item[1].linkId"});
}

TEST(Answers, are_required_of_a_completed_response_only) {
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain"})"), Found{"required-missing item[0].answer"});
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain"})", "in-progress"), Found{});
  EXPECT_EQ(violations(std::string(kPain) + R"(,{"linkId":"note","type":"string"})", R"({"linkId":"note"})"),
            (Found{"required-missing item"}));
}

TEST(Answers, have_the_type_and_the_limits_of_their_question) {
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueString":"3"}]})"),
            Found{"value-malformed item[0].answer[0].valueString"});
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueInteger":11}]})"),
            Found{"invariant item[0].answer[0].valueInteger"});
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueInteger":-1}]})"),
            Found{"invariant item[0].answer[0].valueInteger"});
  EXPECT_EQ(violations(kPain, R"({"linkId":"pain","answer":[{"valueInteger":1},{"valueInteger":2}]})"),
            Found{"cardinality item[0].answer[1]"});
  EXPECT_EQ(violations(R"({"linkId":"note","type":"string","maxLength":3})",
                       R"({"linkId":"note","answer":[{"valueString":"æøå"}]})"),
            Found{});
  EXPECT_EQ(violations(R"({"linkId":"note","type":"string","maxLength":3})",
                       R"({"linkId":"note","answer":[{"valueString":"æøåe"}]})"),
            Found{"value-malformed item[0].answer[0].valueString"});
  EXPECT_EQ(violations(R"({"linkId":"text","type":"display"})", R"({"linkId":"text","answer":[{"valueString":"x"}]})"),
            Found{"invariant item[0].answer[0]"});
}

TEST(Answers, are_options_where_the_questionnaire_offers_them) {
  constexpr auto kChoice = R"({"linkId":"a","type":"choice","answerOption":[
    {"valueCoding":{"system":"http://a.no/s","code":"yes"}},{"valueCoding":{"system":"http://a.no/s","code":"no"}}]})";
  const auto answer = [](const std::string& value) { return R"({"linkId":"a","answer":[{)" + value + "}]}"; };
  EXPECT_EQ(violations(kChoice, answer(R"("valueCoding":{"system":"http://a.no/s","code":"no","display":"No"})")),
            Found{});
  EXPECT_EQ(violations(kChoice, answer(R"("valueCoding":{"system":"http://a.no/s","code":"perhaps"})")),
            Found{"code-invalid item[0].answer[0].valueCoding"});
  EXPECT_EQ(violations(kChoice, answer(R"("valueString":"perhaps")")),
            Found{"code-invalid item[0].answer[0].valueString"});
  std::string open = kChoice;
  open.replace(open.find("\"choice\""), 8, "\"open-choice\"");
  EXPECT_EQ(violations(open, answer(R"("valueString":"perhaps")")), Found{});
  constexpr auto kGender =
      R"({"linkId":"a","type":"choice","answerValueSet":"http://hl7.org/fhir/ValueSet/administrative-gender"})";
  EXPECT_EQ(
      violations(kGender, answer(R"("valueCoding":{"system":"http://hl7.org/fhir/administrative-gender","code":"x"})")),
      Found{"code-invalid item[0].answer[0].valueCoding"});
}

TEST(Answers, to_items_that_are_not_enabled_are_refused_and_not_required) {
  const std::string items =
      R"({"linkId":"day","type":"group","repeats":true,"item":[{"linkId":"cough","type":"boolean"},
    {"linkId":"colour","type":"string","required":true,"enableWhen":[{"question":"cough","operator":"=","answerBoolean":true}]}]})";
  const auto day = [](const std::string& cough, bool colour) {
    return R"({"linkId":"day","item":[{"linkId":"cough","answer":[{"valueBoolean":)" + cough + "}]}" +
           (colour ? R"(,{"linkId":"colour","answer":[{"valueString":"x"}]})" : "") + "]}";
  };
  EXPECT_EQ(violations(items, day("true", true) + "," + day("false", false)), Found{})
      << "each repetition of a group looks at its own answers";
  EXPECT_EQ(violations(items, day("true", true) + "," + day("false", true)), Found{"invariant item[1].item[1]"});
  EXPECT_EQ(violations(items, day("true", false)), Found{"required-missing item[0].item"});
}

TEST(Answers, meet_conditions_by_order_and_by_any_or_all) {
  const auto enabled = [](const std::string& behavior, const std::string& temperature) {
    const std::string items = R"({"linkId":"t","type":"decimal"},{"linkId":"x","type":"string",)" + behavior +
                              R"("enableWhen":[{"question":"t","operator":">=","answerDecimal":38},
                              {"question":"t","operator":"<","answerDecimal":35.5}]})";
    return violations(items, R"({"linkId":"t","answer":[{"valueDecimal":)" + temperature +
                                 R"(}]},{"linkId":"x","answer":[{"valueString":"y"}]})")
        .empty();
  };
  EXPECT_TRUE(enabled(R"("enableBehavior":"any",)", "38.0"));
  EXPECT_TRUE(enabled(R"("enableBehavior":"any",)", "35.4"));
  EXPECT_FALSE(enabled(R"("enableBehavior":"any",)", "37"));
  EXPECT_FALSE(enabled(R"("enableBehavior":"all",)", "38.0"));
}

TEST(Answers, are_held_to_a_questionnaire_that_they_contain) {
  const auto response = [](const std::string& canonical) {
    const Tree tree = parsed(R"({"resourceType":"QuestionnaireResponse","contained":[)" + questionnaire(kPain) +
                             R"(],"questionnaire":")" + canonical +
                             R"(","status":"completed","item":[{"linkId":"pain","answer":[{"valueInteger":11}]}]})");
    Found out;
    for (const Failure& failure : validate(tree.root())) out.push_back(failure.expression);
    return out;
  };
  EXPECT_EQ(response("#q"), Found{"QuestionnaireResponse.item[0].answer[0].valueInteger"});
}

TEST(Answers, of_a_hostile_pair_are_left_after_a_bounded_time) {
  std::string items, answers;
  for (int i = 0; i < 4'000; ++i) {
    const std::string id = std::to_string(i);
    items += (i ? "," : "") +
             (R"({"linkId":")" + id +
              R"(","type":"string","enableWhen":[{"question":"nowhere","operator":"exists","answerBoolean":false}]})");
    answers += (i ? "," : "") + (R"({"linkId":")" + id + R"("})");
  }
  const auto start = std::chrono::steady_clock::now();
  violations(items, answers);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace varde::fhir
