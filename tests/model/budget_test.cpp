/// What one request may cost: fhir-model/budget/budget.h
#include "fhir-model/budget/budget.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "fhir-model/json/json.h"
#include "fhir-model/patch/fhirpath_patch.h"
#include "fhir-model/patch/json_patch.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/terminology/compose.h"
#include "fhir-model/validation/validation.h"

namespace varde {
namespace {

using std::chrono::milliseconds;

Budget::Time clock_time{};
Budget::Time read_clock() { return clock_time; }

TEST(Budget, is_within_until_its_steps_are_spent_and_stays_spent) {
  Budget budget({.steps = 10});
  EXPECT_TRUE(budget.spend(10));
  EXPECT_TRUE(budget.within());
  EXPECT_FALSE(budget.spend());
  EXPECT_FALSE(budget.spend(0));
  ASSERT_FALSE(budget.within());
  EXPECT_EQ(budget.within().error().fault, Fault::too_costly);
  EXPECT_NE(budget.within().error().diagnostics.find("10 steps of work (setting request-steps)"), std::string::npos);
}

TEST(Budget, is_spent_when_its_time_is_over) {
  clock_time = {};
  Budget budget({.time = milliseconds(50)}, read_clock);
  clock_time += milliseconds(500);  // waiting for its turn costs nothing
  budget.begin();
  clock_time += milliseconds(50);
  budget.begin();
  EXPECT_TRUE(budget.spend(1000));
  clock_time += milliseconds(1);
  EXPECT_FALSE(budget.spend(1000));
  EXPECT_NE(budget.within().error().diagnostics.find("50 ms (setting request-time)"), std::string::npos);
}

TEST(Budget, ends_when_nobody_waits_any_more_and_asks_only_of_what_takes_long) {
  clock_time = {};
  int asked = 0;
  bool awaited = true;
  Budget budget({}, read_clock);
  budget.ask([&] { return ++asked, awaited; });
  EXPECT_TRUE(budget.spend(1000));
  clock_time += milliseconds(49);
  EXPECT_TRUE(budget.spend(1000));
  EXPECT_EQ(asked, 0);
  clock_time += milliseconds(1);
  EXPECT_TRUE(budget.spend(1000));
  EXPECT_TRUE(budget.spend(1000));
  EXPECT_EQ(asked, 1);
  awaited = false;
  clock_time += milliseconds(50);
  EXPECT_FALSE(budget.spend(1000));
  EXPECT_NE(budget.within().error().diagnostics.find("was closed from the other side"), std::string::npos);
}

TEST(Budget, tells_what_was_exceeded_first) {
  Budget budget({.steps = 10, .bytes = 100, .steps_setting = "write-steps"});
  EXPECT_TRUE(budget.take(100));
  EXPECT_FALSE(budget.take(1));
  EXPECT_FALSE(budget.spend(11));
  EXPECT_NE(budget.within().error().diagnostics.find("100 bytes (setting answer-limit)"), std::string::npos);
}

TEST(Budget, bounds_how_many_references_one_parameter_follows) {
  const Budget budget({.depth = 2});
  EXPECT_TRUE(budget.may_follow(2));
  ASSERT_FALSE(budget.may_follow(3));
  EXPECT_NE(budget.may_follow(3).error().diagnostics.find("at most 2 references (setting chain-depth)"),
            std::string::npos);
}

/// What the model works out for a request is taken from the request's budget, and ends with it.
struct Spender {
  std::string name;
  std::function<Result<void>(Budget&)> work;
};
void PrintTo(const Spender& spender, std::ostream* out) { *out << spender.name; }

fhir::Tree parsed(std::string_view json) { return std::move(fhir::parse_json(json).value()); }

const std::vector<Spender>& spenders() {
  static const std::vector<Spender> kSpenders{
      {"fhirpath",
       [](Budget& budget) -> Result<void> {
         const auto tree = parsed(R"({"resourceType":"Patient","name":[{"given":["a","b"]}]})");
         fhirpath::Environment environment;
         environment.budget = &budget;
         auto found =
             fhirpath::evaluate(fhirpath::compile("repeat(children()).count()").value(), tree.root(), environment);
         FHIR_TRY(found);
         return {};
       }},
      {"base_rules",
       [](Budget& budget) -> Result<void> {
         return fhir::require_valid(
             parsed(R"({"resourceType":"Basic","code":{"text":"x","coding":[{"code":"a"}]}})").root(), &budget);
       }},
      {"constraints",  // dosage's needs its FHIRPath: more steps than elements
       [](Budget& budget) -> Result<void> {
         return fhir::require_valid(parsed(R"({"resourceType":"Patient","contact":[{"gender":"male"}]})").root(),
                                    &budget)
             .or_else([](const Failure& failure) -> Result<void> {
               return failure.fault == Fault::too_costly ? tl::unexpected(failure) : Result<void>();
             });
       }},
      {"profiles",
       [](Budget& budget) -> Result<void> {
         const fhir::Profiles known;
         const auto tree = parsed(R"({"resourceType":"Basic","code":{"text":"x","coding":[{"code":"a"}]}})");
         fhir::Findings findings(tree.root(), fhir::Report::errors, &budget);
         fhir::check_profiles(findings, known, {});
         return budget.within();
       }},
      {"expansion",
       [](Budget& budget) -> Result<void> {
         const auto set = terminology::find_value_set("http://hl7.org/fhir/ValueSet/observation-status");
         auto found = terminology::expand(set, {.budget = &budget});
         FHIR_TRY(found);
         return budget.within();
       }},
      {"composed_expansion",
       [](Budget& budget) -> Result<void> {
         const auto set = parsed(R"({"resourceType":"ValueSet","status":"active","compose":{"include":[)"
                                 R"({"system":"http://hl7.org/fhir/observation-status"}]}})");
         (void)terminology::expand(set.root(), {.budget = &budget});
         return budget.within();
       }},
      {"membership",
       [](Budget& budget) -> Result<void> {
         const auto set = parsed(R"({"resourceType":"ValueSet","status":"active","compose":{"include":[)"
                                 R"({"valueSet":["a"]},{"valueSet":["b"]},{"valueSet":["c"]},{"valueSet":["d"]}]}})");
         (void)terminology::member(set.root(), "s", "x", {}, &budget);
         return budget.within();
       }},
      {"json_patch",
       [](Budget& budget) -> Result<void> {
         const auto patch = fhir::JsonPatch::parse(R"([{"op":"test","path":"/id","value":"a"},)"
                                                   R"({"op":"test","path":"/id","value":"a"},)"
                                                   R"({"op":"test","path":"/id","value":"a"}])");
         return patch->apply(parsed(R"({"resourceType":"Basic","id":"a"})").root(), &budget).map([](const auto&) {});
       }},
      {"fhirpath_patch", [](Budget& budget) -> Result<void> {
         const auto patch = fhir::FhirPathPatch::parse(
             parsed(R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[)"
                    R"({"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.gender"},)"
                    R"({"name":"value","valueCode":"male"}]}]})"));
         return patch->apply(parsed(R"({"resourceType":"Patient","gender":"female"})").root(), &budget)
             .map([](const auto&) {});
       }}};
  return kSpenders;
}

class OneBudget : public ::testing::TestWithParam<Spender> {};
INSTANTIATE_TEST_SUITE_P(Model, OneBudget, ::testing::ValuesIn(spenders()),
                         [](const auto& given) { return given.param.name; });

TEST_P(OneBudget, is_spent_by_what_the_model_works_out_and_ends_it) {
  Budget ample({.steps = 1000});
  const auto done = GetParam().work(ample);
  EXPECT_TRUE(done) << done.error().diagnostics;
  Budget little({.steps = 2});
  const auto ended = GetParam().work(little);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().fault, Fault::too_costly);
  EXPECT_NE(ended.error().diagnostics.find("(setting request-steps)"), std::string::npos) << ended.error().diagnostics;
}

}  // namespace
}  // namespace varde
