/// Sources: https://hl7.org/fhir/R4/observation-operation-lastn.html, observation-operation-stats.html;
///          server/followup/README.md for the operations on a patient's course.
#include <gmock/gmock.h>

#include "server/interaction/dispatcher.h"
#include "server/operation/operations.h"
#include "server/storage/followup.h"
#include "server/storage/observed.h"
#include "tests/followup/world.h"

namespace varde::operation::test {
namespace {

using namespace varde::followup::test;
using interaction::Parameters;
using interaction::Request;
using ::testing::ElementsAre;

class Operation : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    key = search::CursorKey::in_directory(world.directory());
    context.emplace(interaction::Context{world.store(), *key, profiles});
  }
  Result<fhir::Tree> call(const interaction::Route& route, const Request& request) {
    const interaction::Routes routes({});
    const interaction::Dispatcher dispatcher(world.repository(), *context, routes);
    auto answer = dispatcher.run(route, request);
    FHIR_TRY(answer);
    return resource(answer->body);
  }
  template <class Handler>
  Result<fhir::Tree> get(Handler handler, Parameters query) {
    Request request;
    request.base = "http://localhost/fhir";
    request.method = "GET", request.query = std::move(query), request.id = kari;
    return call({"GET", "", handler, interaction::Doing::read}, request);
  }
  template <class Handler>
  Result<fhir::Tree> post(Handler handler, std::string body) {
    Request request;
    request.base = "http://localhost/fhir";
    request.method = "POST", request.body = std::move(body), request.content_type = "application/fhir+json",
    request.id = kari;
    return call({"POST", "", handler, interaction::Doing::operate}, request);
  }
  std::string reading(std::string_view loinc, std::string_view value, std::string_view unit, std::string_view time) {
    return measure({.loinc = std::string(loinc),
                    .value = std::string(value),
                    .unit = std::string(unit),
                    .time = std::string(time)});
  }
  static Words ids(const Result<fhir::Tree>& bundle) {
    Words found;
    if (!bundle) return {bundle.error().diagnostics};
    for (const auto entry : bundle->root().each("entry")) found.emplace_back(entry["resource"]["id"].value());
    return found;
  }
  /// "code statistic=value unit"
  static Words statistics_in(const Result<fhir::Tree>& parameters) {
    Words found;
    if (!parameters) return {parameters.error().diagnostics};
    for (const auto parameter : parameters->root().each("parameter")) {
      if (parameter["name"].value() != "statistics") continue;
      const auto observation = parameter["resource"];
      for (const auto component : observation.each("component")) {
        const auto quantity = component["valueQuantity"];
        found.push_back(std::string(observation["code"]["coding"]["code"].value()) + " " +
                        std::string(component["code"]["coding"]["code"].value()) + "=" +
                        (quantity ? std::string(quantity["value"].value()) + " " + std::string(quantity["code"].value())
                                  : "absent"));
      }
    }
    return found;
  }
  std::optional<search::CursorKey> key;
  fhir::Profiles profiles;
  std::optional<interaction::Context> context;
};

class LastN : public Operation {};

TEST_F(LastN, gives_the_newest_of_each_code_by_measured_time) {
  const auto newest = reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  reading("2708-6", "94", "%", "2026-11-20T07:00:00Z");
  const auto pulse = reading("8867-4", "70", "/min", "2026-11-01T07:00:00Z");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(newest, pulse));
  EXPECT_THAT(ids(get(lastn, {{"subject", "Patient/" + kari}, {"code", "http://loinc.org|8867-4"}})),
              ElementsAre(pulse));
}

TEST_F(LastN, gives_max_of_each_and_does_not_cut_a_tie) {
  const auto a = reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const auto b = reading("2708-6", "94", "%", "2026-11-21T07:00:00Z");
  const auto c = reading("2708-6", "93", "%", "2026-11-21T07:00:00Z");
  reading("2708-6", "92", "%", "2026-11-20T07:00:00Z");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"max", "2"}})), ElementsAre(a, c, b));
}

TEST_F(LastN, groups_codings_that_mean_the_same_and_finds_them_by_either) {
  const auto by_snomed = world.create(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://snomed.info/sct",
    "code":"431314004"}]},"subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22T07:10:00Z","valueQuantity":{"value":95,"code":"%"}})");
  reading("2708-6", "94", "%", "2026-11-21T07:00:00Z");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(by_snomed));
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"code", "2708-6"}})), ElementsAre(by_snomed));
}

TEST_F(LastN, holds_observations_without_a_number_too) {
  const auto id = world.create(
      R"({"resourceType":"Observation","status":"final","code":{"text":"dagsform"},"subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22","valueString":"bra"})");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(id));
}

TEST_F(LastN, filters_by_category_and_status_and_looks_further_back_for_them) {
  const auto wanted =
      measure({.time = "2026-11-01T07:00:00Z", .extra = R"("category":[{"coding":[{"code":"vital-signs"}]}],)"});
  for (int day = 10; day < 20; ++day) reading("2708-6", "95", "%", "2026-11-" + std::to_string(day) + "T07:00:00Z");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"category", "vital-signs"}})), ElementsAre(wanted));
  EXPECT_EQ(ids(get(lastn, {{"patient", kari}, {"status", "final"}})).size(), 1u);
}

TEST_F(LastN, follows_corrections_of_the_time_and_deletions) {
  const auto id = reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const auto older = reading("2708-6", "94", "%", "2026-11-20T07:00:00Z");
  world.update(observation(kari, {.value = "95", .time = "2026-11-19T07:00:00Z"}), id);
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(older));
  world.remove("Observation", older);
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(id));
}

TEST_F(LastN, finds_the_patient_by_identifier_when_posted) {
  const auto ola =
      world.create(patient(R"(,"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13895398742"}])"));
  const auto id = world.create(observation(ola, {}));
  EXPECT_THAT(ids(post(lastn, R"({"resourceType":"Parameters","parameter":[{"name":"patient.identifier",
    "valueString":"urn:oid:2.16.578.1.12.4.1.4.1|13895398742"}]})")),
              ElementsAre(id));
}

TEST_F(LastN, is_an_empty_searchset_for_an_unknown_patient) {
  const auto bundle = get(lastn, {{"patient", "nobody"}});
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->root()["type"].value(), "searchset");
  EXPECT_EQ(bundle->root()["total"].value(), "0");
}

TEST_F(LastN, answers_for_several_patients) {
  const auto ola = world.create(patient());
  const auto of_kari = reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const auto of_ola = world.create(observation(ola, {}));
  EXPECT_THAT(ids(get(lastn, {{"patient", "Patient/" + kari + ",Patient/" + ola}})), ElementsAre(of_kari, of_ola));
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"subject", "Patient/" + ola}})), ElementsAre(of_kari, of_ola));
  EXPECT_EQ(get(stats, {{"subject", kari + "," + ola}}).error().fault, Fault::parameter_malformed);
}

TEST_F(LastN, never_takes_what_says_no_time_or_one_to_come_for_the_newest) {
  const auto dated = reading("2708-6", "95", "%", "2026-11-01T07:00:00Z");
  auto undated = observation(kari, {});
  const std::string time = R"("effectiveDateTime":"2026-11-22T07:30:00Z",)";
  undated.erase(undated.find(time), time.size());
  const auto without = world.create(undated);
  const auto ahead = reading("2708-6", "82", "%", "2027-11-22T07:00:00Z");
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(dated));
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"max", "3"}})), ElementsAre(dated, ahead, without));
  world.update(observation(kari, {.value = "96", .time = "2026-11-22T07:45:00Z"}), without);
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}})), ElementsAre(without)) << "once it says when";
}

TEST_F(LastN, finds_a_status_however_far_back_it_is) {
  const auto wanted = reading("2708-6", "95", "%", "2020-11-22T07:00:00Z");
  world.act([&](interaction::Act& act) -> Result<void> {
    for (int i = 0; i < 20'000; ++i)
      storage::observed::put(act, act.patient_key(kari), "http://loinc.org|2708-6", act.now() - std::chrono::seconds(i),
                             storage::ResourceKey{100'000 + i});
    return {};
  });
  EXPECT_THAT(ids(get(lastn, {{"patient", kari}, {"status", "final"}})), ElementsAre(wanted));
}

TEST_F(LastN, returns_a_bounded_number_of_those_that_share_a_time_and_says_so) {
  for (int i = 0; i < 150; ++i) reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const auto bundle = get(lastn, {{"patient", kari}});
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->root()["total"].value(), "101");
  EXPECT_EQ(bundle->root().count("entry"), 102u);
  const auto said = bundle->root().at("entry", 101);
  EXPECT_EQ(said["search"]["mode"].value(), "outcome");
  EXPECT_EQ(said["resource"].type_name(), "OperationOutcome");
}

TEST_F(LastN, refuses_an_answer_that_would_be_too_large) {
  const std::string note = R"("note":[{"text":")" + std::string(1'000'000, 'x') + R"("}],)";
  for (int day = 10; day < 20; ++day)
    measure({.value = "95", .time = "2026-11-" + std::to_string(day) + "T07:00:00Z", .extra = note});
  EXPECT_EQ(get(lastn, {{"patient", kari}, {"max", "20"}}).error().fault, Fault::too_large);
  EXPECT_EQ(ids(get(lastn, {{"patient", kari}, {"max", "5"}})).size(), 5u);
}

TEST_F(LastN, refuses_what_it_does_not_know) {
  EXPECT_EQ(get(lastn, {{"patient", kari}, {"colour", "red"}}).error().fault, Fault::parameter_unknown);
  EXPECT_EQ(get(lastn, {{"patient", kari}, {"max", "0"}}).error().fault, Fault::parameter_malformed);
  EXPECT_EQ(get(lastn, {}).error().fault, Fault::required_missing);
  EXPECT_EQ(get(lastn, {{"patient", "Practitioner/1"}}).error().fault, Fault::parameter_malformed);
}

class Stats : public Operation {};

TEST_F(Stats, answers_average_minimum_maximum_and_count_with_units) {
  reading("2708-6", "90", "%", "2026-11-20T07:00:00Z");
  reading("2708-6", "91", "%", "2026-11-21T07:00:00Z");
  reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const Parameters query{{"subject", "Patient/" + kari}, {"code", "2708-6"},   {"system", "http://loinc.org"},
                         {"statistic", "average"},       {"statistic", "min"}, {"statistic", "max"},
                         {"statistic", "count"}};
  EXPECT_THAT(statistics_in(get(stats, query)),
              ElementsAre("2708-6 average=92 %", "2708-6 minimum=90 %", "2708-6 maximum=95 %", "2708-6 count=3 1"));
}

TEST_F(Stats, keeps_to_the_period_whose_last_day_is_included) {
  reading("2708-6", "90", "%", "2026-11-19T22:59:59Z");  // days are the deployment's
  reading("2708-6", "91", "%", "2026-11-20T00:00:00+01:00");
  reading("2708-6", "92", "%", "2026-11-21T23:59:59+01:00");
  reading("2708-6", "93", "%", "2026-11-22T00:00:00+01:00");
  EXPECT_THAT(
      statistics_in(get(
          stats,
          {{"subject", kari}, {"code", "2708-6"}, {"period", "2026-11-20/2026-11-21"}, {"statistic", "count,sum"}})),
      ElementsAre("2708-6 count=2 1", "2708-6 sum=183 %"));
  EXPECT_THAT(statistics_in(
                  get(stats, {{"subject", kari}, {"code", "2708-6"}, {"duration", "9.0002"}, {"statistic", "count"}})),
              ElementsAre("2708-6 count=1 1"));
}

TEST_F(Stats, of_a_panel_are_those_of_its_components_and_of_no_code_those_of_everything) {
  world.create(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","component":[
    {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":130,"code":"mm[Hg]"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"code":"mm[Hg]"}}]})");
  EXPECT_THAT(statistics_in(get(stats, {{"subject", kari}, {"code", "85354-9"}, {"statistic", "average"}})),
              ElementsAre("8480-6 average=130 mm[Hg]", "8462-4 average=80 mm[Hg]"));
  EXPECT_EQ(statistics_in(get(stats, {{"subject", kari}})).size(), 8u);
}

TEST_F(Stats, count_grams_and_kilograms_as_one_measure) {
  reading("29463-7", "80.5", "kg", "2026-11-21T07:00:00Z");
  reading("29463-7", "81500", "g", "2026-11-22T07:00:00Z");
  EXPECT_THAT(statistics_in(get(stats, {{"subject", kari}, {"code", "29463-7"}, {"statistic", "average"}})),
              ElementsAre("29463-7 average=81 kg"));
}

TEST_F(Stats, of_nothing_count_zero_and_say_that_there_is_no_average) {
  EXPECT_THAT(statistics_in(get(
                  stats, {{"subject", kari}, {"code", "8867-4"}, {"statistic", "count"}, {"statistic", "average"}})),
              ElementsAre("8867-4 count=0 1", "8867-4 average=absent"));
}

TEST_F(Stats, leave_out_what_was_entered_in_error_and_return_their_sources_when_asked) {
  const auto kept = reading("2708-6", "95", "%", "2026-11-22T07:00:00Z");
  const auto wrong = reading("2708-6", "12", "%", "2026-11-22T07:01:00Z");
  world.update(observation(kari, {.value = "12", .status = "entered-in-error"}), wrong);
  const auto answer =
      get(stats, {{"subject", kari}, {"code", "2708-6"}, {"statistic", "minimum"}, {"include", "true"}});
  EXPECT_THAT(statistics_in(answer), ElementsAre("2708-6 minimum=95 %"));
  EXPECT_EQ(answer->root().at("parameter", 1)["name"].value(), "source");
  EXPECT_EQ(answer->root().at("parameter", 1)["resource"]["id"].value(), kept);
}

TEST_F(Stats, compute_medians_and_deviations) {
  for (const auto* value : {"2", "4", "4", "4", "5", "5", "7", "9"})
    reading("15074-8", value, "mmol/L", "2026-11-22T07:00:00Z");
  EXPECT_THAT(
      statistics_in(get(stats, {{"subject", kari}, {"code", "15074-8"}, {"statistic", "median,std-dev,4-lower"}})),
      ElementsAre("15074-8 median=4.5 mmol/L", "15074-8 std-dev=2.138 mmol/L", "15074-8 4-lower=4 mmol/L"));
}

TEST_F(Stats, of_a_narrower_code_count_only_what_carries_it) {
  reading("8310-5", "37", "Cel", "2026-11-21T07:00:00Z");
  reading("8329-5", "38", "Cel", "2026-11-22T07:00:00Z");
  const auto counted = [&](const std::string& code) {
    return statistics_in(get(stats, {{"subject", kari}, {"code", code}, {"statistic", "average,count"}}));
  };
  EXPECT_THAT(counted("8329-5"), ElementsAre("8310-5 average=38 Cel", "8310-5 count=1 1"));
  EXPECT_THAT(counted("http://loinc.org|8329-5"), ElementsAre("8310-5 average=38 Cel", "8310-5 count=1 1"));
  EXPECT_THAT(counted("8310-5"), ElementsAre("8310-5 average=37.5 Cel", "8310-5 count=2 1"))
      << "the measure as a whole";
}

TEST_F(Stats, do_not_take_a_bound_for_a_value) {
  const auto bound = [&](std::string_view comparator) {
    return world.create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",
      "code":"15074-8"}]},"subject":{"reference":"Patient/)" +
        kari + R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","valueQuantity":{"value":33.3,"comparator":")" +
        std::string(comparator) + R"(","code":"mmol/L"}})");
  };
  reading("15074-8", "6", "mmol/L", "2026-11-21T07:00:00Z");
  bound(">"), bound("<");
  const auto answer = get(stats, {{"subject", kari}, {"code", "15074-8"}, {"statistic", "count,maximum"}});
  EXPECT_THAT(statistics_in(answer), ElementsAre("15074-8 count=1 1", "15074-8 maximum=6 mmol/L"));
  EXPECT_EQ(answer->root()["parameter"]["resource"]["note"]["text"].value(),
            "I tillegg 2 målinger med < eller >, som ikke er regnet med.");
}

TEST_F(Stats, tell_how_the_values_lean_and_how_far_they_reach) {
  for (const auto* value : {"90", "90", "90", "94"}) reading("2708-6", value, "%", "2026-11-20T08:00:00Z");
  const auto answer = get(stats, {{"subject", kari}, {"code", "2708-6"}, {"statistic", "skew,kurtosis,variance"}});
  EXPECT_THAT(statistics_in(answer),
              ElementsAre("2708-6 skew=1.155 1", "2708-6 kurtosis=-0.667 1", "2708-6 variance=4 "));
}

TEST_F(Stats, refuse_an_unknown_statistic_patient_or_period) {
  EXPECT_EQ(get(stats, {{"subject", kari}, {"statistic", "regression"}}).error().fault, Fault::code_invalid);
  EXPECT_EQ(get(stats, {{"subject", "nobody"}}).error().fault, Fault::not_found);
  EXPECT_EQ(get(stats, {{"subject", kari}, {"period", "2026-11-22/2026-11-20"}}).error().fault,
            Fault::parameter_malformed);
  EXPECT_EQ(get(stats, {{"subject", kari}, {"duration", "-1"}}).error().fault, Fault::parameter_malformed);
}

class Trend : public Operation {};

TEST_F(Trend, gathers_by_norwegian_day_and_draws_the_limits_in) {
  reading("2708-6", "90", "%", "2026-11-20T22:30:00Z");  // 23:30 in Norway
  reading("2708-6", "92", "%", "2026-11-20T23:30:00Z");  // the day after
  reading("2708-6", "94", "%", "2026-11-21T10:00:00Z");
  const auto answer = get(trend, {{"code", "2708-6"}});
  ASSERT_TRUE(answer);
  Words points, limits;
  for (const auto part : answer->root()["parameter"].each("part")) {
    if (part["name"].value() == "limit") limits.emplace_back(part["part"]["valueCode"].value());
    if (part["name"].value() != "point") continue;
    std::string text(part["part"]["valueDate"].value());
    for (const auto value : part.each("part"))
      if (value["valueDecimal"]) text += " " + std::string(value["valueDecimal"].value());
    points.push_back(text);
  }
  EXPECT_THAT(points, ElementsAre("2026-11-20 90 90 90", "2026-11-21 93 92 94"));
  EXPECT_THAT(limits, ElementsAre("red", "yellow", "green"));
}

TEST_F(Trend, begins_and_ends_with_days_of_the_norwegian_clock) {
  reading("2708-6", "90", "%", "2026-10-24T23:59:59+02:00");
  reading("2708-6", "91", "%", "2026-10-25T00:30:00+02:00");
  reading("2708-6", "93", "%", "2026-10-25T22:59:59Z");
  reading("2708-6", "95", "%", "2026-10-25T23:00:00Z");
  const auto answer = get(trend, {{"code", "2708-6"}, {"from", "2026-10-25"}, {"to", "2026-10-25"}});
  ASSERT_TRUE(answer);
  Words points;
  for (const auto part : answer->root()["parameter"].each("part"))
    if (part["name"].value() == "point")
      for (const auto value : part.each("part")) points.emplace_back(value.choice("value").value());
  EXPECT_THAT(points, ElementsAre("2026-10-25", "92", "91", "93", "2", "2"));  // the last two: of them, how many green
}

TEST_F(Trend, of_a_panel_is_that_of_its_parts) {
  world.create(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","component":[
    {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":130,"code":"mm[Hg]"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"code":"mm[Hg]"}}]})");
  reading("2708-6", "90", "%", "2026-11-20T22:30:00Z");
  for (const auto* code : {"85354-9", "http://snomed.info/sct|75367002"}) {
    const auto answer = get(trend, {{"code", code}});
    ASSERT_TRUE(answer);
    Words codes;
    for (const auto parameter : answer->root().each("parameter"))
      codes.emplace_back(parameter["part"]["valueCoding"]["code"].value());
    EXPECT_THAT(codes, ElementsAre("8480-6", "8462-4")) << code;
  }
}

TEST_F(Trend, says_so_when_stored_limits_cannot_be_read) {
  reading("8867-4", "70", "/min", "2026-11-20T22:30:00Z");
  world.act([&](interaction::Act& act) -> Result<void> {
    storage::limits::put(act, act.patient_key(kari),
                         {"http://loinc.org|8867-4", storage::ResourceKey{4711}, act.now(), "x /min"});
    return {};
  });
  EXPECT_EQ(get(trend, {{"code", "8867-4"}}).error().fault, Fault::internal);
}

TEST_F(Trend, gathers_by_week_from_monday_and_by_month) {
  reading("2708-6", "90", "%", "2026-11-15T10:00:00Z");  // Sunday
  reading("2708-6", "92", "%", "2026-11-16T10:00:00Z");  // Monday
  const auto starts = [&](const std::string& bucket) {
    Words found;
    const auto answer = get(trend, {{"bucket", bucket}});
    for (const auto part : answer->root()["parameter"].each("part"))
      if (part["name"].value() == "point") found.emplace_back(part["part"]["valueDate"].value());
    return found;
  };
  EXPECT_THAT(starts("week"), ElementsAre("2026-11-09", "2026-11-16"));
  EXPECT_THAT(starts("month"), ElementsAre("2026-11-01"));
}

class Course : public Operation {};

TEST_F(Course, pauses_and_resumes_and_says_the_state) {
  const auto paused =
      post(pause, R"({"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"ferie"}]})");
  EXPECT_EQ(paused.value().root()["parameter"]["valueCode"].value(), "paused");
  spo2("82");
  EXPECT_TRUE(tasks("alert").empty());
  EXPECT_EQ(post(resume, "").value().root()["parameter"]["valueCode"].value(), "active");
  EXPECT_EQ(tasks("alert").size(), 1u) << "the worst of the pause is told when it ends";
  spo2("82");
  EXPECT_EQ(tasks("alert").size(), 2u);
}

TEST_F(Course, enrols_in_one_act_with_typical_and_own_limits) {
  kari = world.create(patient());
  const auto enrolled = post(enrol, R"({"resourceType":"Parameters","parameter":[
    {"name":"start","valueDate":"2026-11-01"},{"name":"plan","valueCode":"copd"},
    {"name":"measure","part":[{"name":"code","valueCoding":{"system":"http://loinc.org","code":"2708-6"}},{"name":"perDay","valueDecimal":2},
      {"name":"limit","part":[{"name":"zone","valueCode":"red"},{"name":"high","valueQuantity":{"value":80,"code":"%"}}]},
      {"name":"limit","part":[{"name":"zone","valueCode":"green"},{"name":"low","valueQuantity":{"value":80,"code":"%"}}]}]}]})");
  ASSERT_TRUE(enrolled) << enrolled.error().diagnostics;
  EXPECT_EQ(enrolled->root().count("parameter"), 6u) << "episode, plan and four measurements";
  EXPECT_EQ(level(spo2("82")), "green") << "own limits go before typical ones";
  EXPECT_EQ(level(spo2("79")), "red");
  EXPECT_EQ(level(reading("8867-4", "130", "/min", "2026-11-22T07:00:00Z")), "red");
  EXPECT_EQ(
      post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"plan","valueCode":"copd"}]})").error().fault,
      Fault::resource_conflict);
}

TEST_F(Course, that_begins_later_alerts_nobody_today_and_cannot_end_before) {
  kari = world.create(patient());
  ASSERT_TRUE(post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"start","valueDate":"2026-12-01"},
    {"name":"plan","valueCode":"copd"}]})"));
  spo2("70");
  EXPECT_TRUE(world.all("Task").empty());
  EXPECT_EQ(
      post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"plan","valueCode":"copd"}]})").error().fault,
      Fault::resource_conflict);
  EXPECT_EQ(post(end_followup, "").error().fault, Fault::business_rule);
  world.pass(std::chrono::days(9));
  measure({.value = "70", .time = "2026-12-01T07:30:00Z"});
  EXPECT_EQ(tasks("alert").size(), 1u);
  EXPECT_EQ(post(end_followup, "").value().root()["parameter"]["valueCode"].value(), "ended");
}

TEST_F(Course, that_has_ended_is_not_resumed_and_the_next_begins_with_limits_of_its_own) {
  EXPECT_EQ(post(end_followup, "").value().root()["parameter"]["valueCode"].value(), "ended");
  EXPECT_EQ(post(resume, "").error().fault, Fault::business_rule);
  EXPECT_EQ(post(pause, "").error().fault, Fault::business_rule);
  EXPECT_EQ(post(end_followup, "").value().root()["parameter"]["valueCode"].value(), "ended") << "twice is once";
  ASSERT_TRUE(
      post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"plan","valueCode":"heart-failure"}]})"));
  EXPECT_EQ(level(measure({.value = "89"})), "yellow")
      << "of heart failure; the limits before would say yellow at 85 only";
  EXPECT_EQ(level(measure({.value = "87"})), "red");
}

TEST_F(Course, plans_as_often_as_asked) {
  kari = world.create(patient());
  ASSERT_TRUE(post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"measure","part":[
    {"name":"code","valueCoding":{"system":"http://loinc.org","code":"2708-6"}},{"name":"perDay","valueDecimal":1.5}]}]})"));
  const auto planned = std::move(world.all("ServiceRequest").back());
  const auto repeat = planned.root()["occurrenceTiming"]["repeat"];
  EXPECT_EQ(repeat["frequency"].value(), "3");
  EXPECT_EQ(repeat["period"].value(), "2");
  EXPECT_EQ(repeat["boundsPeriod"]["start"].value(), "2026-11-22");
  EXPECT_EQ(post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"measure","part":[
    {"name":"code","valueCoding":{"system":"http://loinc.org","code":"2708-6"}},{"name":"perDay","valueDecimal":97}]}]})")
                .error()
                .fault,
            Fault::parameter_malformed);
}

TEST_F(Course, that_is_refused_leaves_nothing_behind) {
  kari = world.create(patient());
  const auto before = world.all("ServiceRequest").size();
  const auto refused = post(enrol, R"({"resourceType":"Parameters","parameter":[{"name":"plan","valueCode":"diabetes"},
    {"name":"measure","part":[{"name":"code","valueCoding":{"system":"http://loinc.org","code":"2708-6"}},
      {"name":"limit","part":[{"name":"zone","valueCode":"red"},{"name":"high","valueQuantity":{"value":80,"code":"%"}}]}]}]})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::business_rule);
  EXPECT_EQ(refused.error().expression, "Parameters.parameter[1]");
  EXPECT_EQ(world.all("ServiceRequest").size(), before);
}

TEST_F(Course, of_a_patient_who_is_not_enrolled_cannot_be_paused) {
  kari = world.create(patient());
  EXPECT_EQ(post(pause, "").error().fault, Fault::business_rule);
  kari = "nobody";
  EXPECT_EQ(post(pause, "").error().fault, Fault::not_found);
}

}  // namespace
}  // namespace varde::operation::test
