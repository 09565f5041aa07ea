// Holds us to https://hl7.org/fhir/R4/valueset.html#compositions with value sets and code systems of our own.
#include "fhir-model/terminology/compose.h"

#include <gmock/gmock.h>

#include <map>

#include "fhir-model/json/json.h"

namespace varde::terminology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kFood =
    R"({"resourceType":"CodeSystem","url":"urn:test:food","status":"active","content":"complete","concept":[
  {"code":"fruit","display":"Fruit","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
    {"code":"apple","display":"Apple","concept":[{"code":"gravenstein","display":"Gravenstein","property":[{"code":"keeps","valueCode":"autumn"}]}]},
    {"code":"pear","display":"Pear","property":[{"code":"keeps","valueCode":"winter"},{"code":"child","valueCode":"moltke"}]}]},
  {"code":"moltke","display":"Moltke"},
  {"code":"old","display":"Old kind","property":[{"code":"status","valueCode":"retired"}]}]})";

class Compose : public ::testing::Test {
 protected:
  void SetUp() override { write(kFood); }
  fhir::Element write(std::string_view json) {
    auto tree = fhir::parse_json(json);
    EXPECT_TRUE(tree) << tree.error().diagnostics;
    auto kept = std::make_unique<fhir::Tree>(std::move(*tree));
    const auto root = kept->root();
    resources_[std::string(root["url"].value())] = std::move(kept);
    return root;
  }
  fhir::Element set(std::string_view compose) {
    return write(std::string(R"({"resourceType":"ValueSet","url":"urn:test:set","status":"active","compose":)")
                     .append(compose)
                     .append("}"));
  }
  Written written() const {
    return [this](std::string_view canonical) {
      const auto found = resources_.find(std::string(canonical));
      return found == resources_.end() ? fhir::Element{} : found->second->root();
    };
  }
  std::vector<std::string> codes(fhir::Element value_set, const Wanted& wanted = {}) const {
    const auto expansion = expand(value_set, wanted, written());
    if (!expansion) return {expansion.error().diagnostics};
    std::vector<std::string> found;
    for (const auto& entry : expansion->contains) found.emplace_back(entry.code);
    return found;
  }
  std::vector<std::string> filtered(std::string_view property, std::string_view op, std::string_view value) {
    return codes(set(std::string(R"({"include":[{"system":"urn:test:food","filter":[{"property":")")
                         .append(property)
                         .append(R"(","op":")")
                         .append(op)
                         .append(R"(","value":")")
                         .append(value)
                         .append(R"("}]}]})")));
  }
  std::map<std::string, std::unique_ptr<fhir::Tree>> resources_;
};

TEST_F(Compose, takes_a_whole_written_system_in_its_order) {
  EXPECT_THAT(codes(set(R"({"include":[{"system":"urn:test:food"}]})")),
              ElementsAre("fruit", "apple", "gravenstein", "pear", "moltke", "old"));
}

TEST_F(Compose, follows_every_filter) {
  EXPECT_THAT(filtered("concept", "is-a", "apple"), ElementsAre("apple", "gravenstein"));
  EXPECT_THAT(filtered("concept", "is-a", "pear"), ElementsAre("pear", "moltke")) << "a child named as a property";
  EXPECT_THAT(filtered("concept", "descendent-of", "fruit"), ElementsAre("apple", "gravenstein", "pear", "moltke"));
  EXPECT_THAT(filtered("concept", "is-not-a", "fruit"), ElementsAre("old"));
  EXPECT_THAT(filtered("concept", "generalizes", "gravenstein"), ElementsAre("fruit", "apple", "gravenstein"));
  EXPECT_THAT(filtered("concept", "in", "apple,old"), ElementsAre("apple", "old"));
  EXPECT_THAT(filtered("concept", "not-in", "apple,old"), ElementsAre("fruit", "gravenstein", "pear", "moltke"));
  EXPECT_THAT(filtered("keeps", "=", "winter"), ElementsAre("pear"));
  EXPECT_THAT(filtered("keeps", "exists", "true"), ElementsAre("gravenstein", "pear"));
  EXPECT_THAT(filtered("code", "regex", "[a-m].*e"), ElementsAre("apple", "moltke"));
  EXPECT_THAT(filtered("parent", "=", "apple"), ElementsAre("gravenstein"));
}

TEST_F(Compose, says_so_where_a_filter_is_beyond_it) {
  EXPECT_THAT(filtered("code", "regex", "[a-"), ElementsAre(HasSubstr("cannot be listed")));
  EXPECT_EQ(
      member(
          set(R"({"include":[{"system":"http://loinc.org","filter":[{"property":"SCALE_TYP","op":"=","value":"Qn"}]}]})"),
          "http://loinc.org", "8867-4", written()),
      Membership::unknown);
}

TEST_F(Compose, joins_clauses_and_takes_away_what_is_excluded) {
  const auto value_set =
      set(R"({"include":[{"system":"urn:test:food","concept":[{"code":"pear","display":"Pære"},{"code":"apple"}]},
    {"system":"http://hl7.org/fhir/administrative-gender"},{"system":"urn:test:food","concept":[{"code":"apple"}]}],
    "exclude":[{"system":"http://hl7.org/fhir/administrative-gender","concept":[{"code":"unknown"}]}]})");
  EXPECT_THAT(codes(value_set), ElementsAre("pear", "apple", "male", "female", "other"));
  EXPECT_EQ(expand(value_set, {}, written())->contains.front().display, "Pære");
  EXPECT_EQ(member(value_set, "urn:test:food", "pear", written()), Membership::in);
  EXPECT_EQ(member(value_set, "http://hl7.org/fhir/administrative-gender", "pear", written()), Membership::out);
  EXPECT_EQ(member(value_set, "", "unknown", written()), Membership::out);
}

TEST_F(Compose, imports_written_and_defined_value_sets_and_takes_what_they_share) {
  write(R"({"resourceType":"ValueSet","url":"urn:test:two","status":"active","compose":{"include":[
    {"system":"http://hl7.org/fhir/administrative-gender","concept":[{"code":"male"},{"code":"female"}]}]}})");
  EXPECT_THAT(codes(set(R"({"include":[{"valueSet":["http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"]}]})")),
              ElementsAre("male", "female", "other", "unknown"));
  EXPECT_THAT(
      codes(set(R"({"include":[{"valueSet":["http://hl7.org/fhir/ValueSet/administrative-gender","urn:test:two"]}]})")),
      ElementsAre("male", "female"));
  EXPECT_THAT(codes(set(R"({"include":[{"system":"http://snomed.info/sct","valueSet":["urn:test:two"]}]})")),
              ElementsAre());
}

TEST_F(Compose, leaves_out_inactive_codes_where_the_set_or_the_asker_says_so) {
  EXPECT_THAT(
      codes(set(
          R"({"inactive":false,"include":[{"system":"urn:test:food","concept":[{"code":"pear"},{"code":"old"}]}]})")),
      ElementsAre("pear"));
  EXPECT_THAT(codes(set(R"({"include":[{"system":"urn:test:food","concept":[{"code":"pear"},{"code":"old"}]}]})"),
                    {.inactive = Inactive::leave_out}),
              ElementsAre("pear"));
}

TEST_F(Compose, keeps_to_the_version_that_a_clause_asks_for) {
  EXPECT_EQ(member(set(R"({"include":[{"system":"http://hl7.org/fhir/administrative-gender","version":"9.9"}]})"),
                   "http://hl7.org/fhir/administrative-gender", "male", written()),
            Membership::unknown);
}

TEST_F(Compose, takes_a_bare_expansion_at_its_word) {
  const auto value_set = write(
      R"({"resourceType":"ValueSet","url":"urn:test:expanded","status":"active","expansion":{"timestamp":"2026-01-01","contains":[
    {"abstract":true,"display":"Group","contains":[{"system":"urn:test:food","code":"pear","display":"Pear"}]}]}})");
  EXPECT_THAT(codes(value_set), ElementsAre("pear"));
  EXPECT_EQ(member(value_set, "urn:test:food", "pear"), Membership::in);
  EXPECT_EQ(member(value_set, "urn:test:food", "apple"), Membership::out);
}

TEST_F(Compose, is_unknown_without_a_compose_or_with_an_import_nobody_knows) {
  EXPECT_EQ(member(write(R"({"resourceType":"ValueSet","url":"urn:test:bare","status":"active"})"), "urn:x", "1"),
            Membership::unknown);
  EXPECT_EQ(member(set(R"({"include":[{"valueSet":["urn:test:nowhere"]}]})"), "urn:x", "1", written()),
            Membership::unknown);
  EXPECT_THAT(codes(set(R"({"include":[{"valueSet":["urn:test:nowhere"]}]})")), ElementsAre(HasSubstr("not known")));
}

TEST_F(Compose, bounds_value_sets_that_import_themselves) {
  const auto twice =
      set(R"({"include":[{"valueSet":["urn:test:set"]},{"valueSet":["urn:test:set"]},{"valueSet":["urn:test:set"]}]})");
  EXPECT_EQ(member(twice, "urn:test:food", "pear", written()), Membership::unknown);
  EXPECT_EQ(expand(twice, {}, written()).error().fault, Fault::too_large);
}

/// Each code is asked whether it stands below the first: once over the chain, not once for each.
TEST_F(Compose, lists_what_is_below_a_code_at_the_end_of_a_long_chain) {
  std::string system =
      R"({"resourceType":"CodeSystem","url":"urn:test:chain","status":"active","content":"complete","concept":[{"code":"0"})";
  for (int i = 1; i < 20'000; ++i)
    system.append(R"(,{"code":")")
        .append(std::to_string(i))
        .append(R"(","property":[{"code":"parent","valueCode":")")
        .append(std::to_string(i - 1))
        .append(R"("}]})");
  write(system + "]}");
  const auto below = [&](std::string_view op, std::string_view code) {
    return codes(set(std::string(R"({"include":[{"system":"urn:test:chain","filter":[{"property":"concept","op":")")
                         .append(op)
                         .append(R"(","value":")")
                         .append(code)
                         .append("\"}]}]}")))
        .size();
  };
  EXPECT_EQ(below("is-a", "0"), 20'000u);
  EXPECT_EQ(below("descendent-of", "19990"), 9u);
  EXPECT_EQ(below("is-not-a", "10"), 10u);
  EXPECT_EQ(below("generalizes", "10"), 11u);
}

TEST_F(Compose, bounds_the_work_of_patterns) {
  std::string system =
      R"({"resourceType":"CodeSystem","url":"urn:test:long","status":"active","content":"complete","concept":[)";
  for (int i = 0; i < 200; ++i)
    system.append(i == 0 ? "" : ",")
        .append(R"({"code":")")
        .append(std::to_string(i))
        .append(R"(","display":")")
        .append(std::string(5000, 'a') + "\"}");
  write(system + "]}");
  const auto listed = codes(set(
      R"({"include":[{"system":"urn:test:long","filter":[{"property":"display","op":"regex","value":"(a?){800}b"}]}]})"));
  EXPECT_THAT(listed, ElementsAre(HasSubstr("cannot be listed")));
}

TEST_F(Compose, bounds_the_length_of_a_list) {
  std::string compose = R"({"include":[{"system":"urn:test:many","concept":[)";
  for (int i = 0; i < 20'001; ++i)
    compose.append(i == 0 ? "" : ",").append(R"({"code":")").append(std::to_string(i)).append("\"}");
  EXPECT_EQ(expand(set(compose + "]}]}"), {}, written()).error().fault, Fault::too_large);
}

}  // namespace
}  // namespace varde::terminology
