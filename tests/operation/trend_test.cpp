/// What a trend knows beside its points: which limits held when, rests, gaps, units; and what it is drawn as.
#include <gmock/gmock.h>

#include "fhir-model/xml/xml.h"
#include "server/followup/limits_over_time.h"
#include "server/operation/trend/axis.h"
#include "server/operation/trend/chart.h"
#include "server/operation/trend/trend.h"
#include "tests/followup/world.h"

namespace varde::operation::test {
namespace {

using namespace varde::followup::test;
using namespace std::chrono;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const time::Zone kOslo = time::Zone::norway();

storage::Instant at(std::string_view text) { return *followup::parse_instant(text); }

class TrendData : public FollowUpTest {
 protected:
  Trend trend(TrendQuestion question = {}) {
    if (question.span.to == storage::Instant{}) question.span = {at("2026-01-01"), at("2027-01-01")};
    auto found =
        world.repository().read([&](const interaction::View& view) { return read_trend(view, kari, question); });
    if (!found) throw std::runtime_error(found.error().diagnostics);
    return *found;
  }
  static std::string day(storage::Instant time) {
    return time == storage::Instant::min() ? "-" : time == storage::Instant::max() ? "-" : followup::format_date(time);
  }
  static Words limits_of(const Curve& curve) {
    Words found;
    for (const auto& [bounds, limits] : curve.limits)
      found.push_back(day(bounds.from) + " " + day(bounds.to) + " " + followup::to_text(limits));
    return found;
  }
  void reading(std::string value, std::string time, std::string unit = "%", std::string loinc = "2708-6") {
    measure({.loinc = std::move(loinc), .value = std::move(value), .unit = std::move(unit), .time = std::move(time)});
  }
};

TEST_F(TrendData, limits_that_were_changed_hold_each_for_their_own_time) {
  reading("92", "2026-11-20T08:00:00Z");
  world.pass(days{2});  // the 24th
  world.update(plan(kari, "2708-6", {limit("red", "", "80", "%"), limit("green", "80", "", "%")}), spo2_plan);
  world.pass(days{2});
  world.update(plan(kari, "2708-6", {limit("red", "", "80", "%"), limit("green", "80", "", "%")}), spo2_plan);
  EXPECT_THAT(limits_of(trend().curves.at(0)),
              ElementsAre("- 2026-11-24 %;r:-:85;y:85:90;g:90:-", "2026-11-24 - %;r:-:80;g:80:-"));
}

std::string from_october(std::string json) {
  const std::string_view repeat = R"("repeat":{)";
  return json.insert(json.find(repeat) + repeat.size(), R"("boundsPeriod":{"start":"2026-10-01"},)");
}

TEST_F(TrendData, a_change_counts_from_when_it_was_written_though_the_plan_began_before) {
  reading("92", "2026-11-20T08:00:00Z");
  world.update(from_october(plan(kari, "2708-6", kSpO2Limits)), spo2_plan);
  world.pass(days{2});
  world.update(from_october(plan(kari, "2708-6", {limit("green", "80", "", "%")})), spo2_plan);
  EXPECT_THAT(limits_of(trend().curves.at(0)),
              ElementsAre("- 2026-11-24 %;r:-:85;y:85:90;g:90:-", "2026-11-24 - %;g:80:-"));
}

TEST_F(TrendData, a_plan_that_replaces_another_for_earlier_days_has_them) {
  reading("92", "2026-11-20T08:00:00Z");
  auto next = from_october(plan(kari, "2708-6", {limit("green", "80", "", "%")}));
  next.insert(next.find(R"("status")"), R"("replaces":[{"reference":"ServiceRequest/)" + spo2_plan + R"("}],)");
  world.create(next);
  EXPECT_THAT(limits_of(trend().curves.at(0)),
              ElementsAre("- 2026-10-01 %;r:-:85;y:85:90;g:90:-", "2026-10-01 - %;g:80:-"));
}

TEST_F(TrendData, limits_end_with_the_plan_that_was_revoked) {
  reading("92", "2026-11-20T08:00:00Z");
  world.pass(days{1});
  world.update(plan(kari, "2708-6", kSpO2Limits, "revoked"), spo2_plan);
  EXPECT_THAT(limits_of(trend().curves.at(0)), ElementsAre("- 2026-11-23 %;r:-:85;y:85:90;g:90:-"));
}

TEST_F(TrendData, limits_of_another_time_are_left_out) {
  reading("92", "2026-11-20T08:00:00Z");
  world.pass(days{2});
  world.update(plan(kari, "2708-6", {limit("green", "80", "", "%")}), spo2_plan);
  EXPECT_THAT(limits_of(trend({.span = {at("2026-11-01"), at("2026-11-22")}}).curves.at(0)),
              ElementsAre("- 2026-11-24 %;r:-:85;y:85:90;g:90:-"));
}

TEST_F(TrendData, counts_the_colours_and_marks_what_is_empty) {
  reading("80", "2026-11-18T08:00:00Z");
  reading("92", "2026-11-18T18:00:00Z");
  reading("87", "2026-11-21T08:00:00Z");
  const auto found = trend();
  const auto& curve = found.curves.at(0);
  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.points[0].zones, (std::array<std::int64_t, 4>{1, 0, 0, 1}));
  EXPECT_EQ(curve.points[0].worst(), followup::Zone::red);
  EXPECT_EQ(curve.points[0].average, 86);
  EXPECT_EQ(curve.points[0].bounds, 0);
  ASSERT_EQ(curve.gaps.size(), 1u);
  EXPECT_EQ(day(curve.gaps[0].from) + " " + day(curve.gaps[0].to), "2026-11-19 2026-11-21");
}

TEST_F(TrendData, by_hour_the_hour_that_autumn_repeats_is_two) {
  reading("90", "2026-10-25T00:30:00Z");  // 02:30 summer time
  reading("92", "2026-10-25T01:30:00Z");  // 02:30 winter time
  const auto found = trend({.span = {at("2026-10-01"), at("2026-11-01")}, .bucket = Bucket::hour});
  ASSERT_EQ(found.curves.at(0).points.size(), 2u);
  EXPECT_EQ(found.curves[0].points[1].start - found.curves[0].points[0].start, hours{1});
}

TEST_F(TrendData, raw_gives_every_measurement_its_own_time) {
  reading("90", "2026-11-20T08:00:00Z");
  reading("92", "2026-11-20T08:05:00Z");
  const auto json = trend_json(trend({.span = {at("2026-11-01"), at("2026-12-01")}, .bucket = Bucket::raw}), kOslo);
  EXPECT_THAT(json, HasSubstr(R"("valueDateTime":"2026-11-20T09:05:00+01:00"},{"name":"value","valueDecimal":92})"));
}

TEST_F(TrendData, units_that_cannot_be_made_one_another_are_curves_of_their_own) {
  reading("5", "2026-11-20T08:00:00Z", "mg", "99999-9");
  reading("7", "2026-11-20T09:00:00Z", "mL", "99999-9");
  reading("0.001", "2026-11-20T10:00:00Z", "g", "99999-9");
  const auto found = trend();
  ASSERT_EQ(found.curves.size(), 2u);
  EXPECT_EQ(found.curves[0].points.at(0).count + found.curves[1].points.at(0).count, 3);
}

TEST_F(TrendData, a_value_that_is_only_a_bound_is_counted_as_one) {
  auto json = observation(kari, {.value = "70", .time = "2026-11-20T08:00:00Z"});
  world.create(json.insert(json.find(R"("value":70)"), R"("comparator":"<",)"));
  EXPECT_EQ(trend().curves.at(0).points.at(0).bounds, 1);
}

TEST_F(TrendData, rests_of_the_follow_up_are_told) {
  reading("92", "2026-11-20T08:00:00Z");
  world.update(enrolment(kari, "onhold"), episode);
  EXPECT_EQ(trend().pauses.size(), 1u);
  EXPECT_EQ(trend().pauses[0].to, storage::Instant::max());
}

TEST_F(TrendData, a_table_never_holds_a_formula) {
  measure({.loinc = "=HYPERLINK(1)\\\",x", .value = "5", .unit = "mg", .time = "2026-11-20T08:00:00Z"});
  EXPECT_THAT(trend_csv(trend(), kOslo), HasSubstr("\r\nhttp://loinc.org,\"'=HYPERLINK(1)\"\",x\","));
}

TEST_F(TrendData, is_drawn_with_every_limit_that_held_and_the_name_of_each_band) {
  reading("84", "2026-11-20T08:00:00Z");
  reading("92", "2026-11-21T08:00:00Z");
  const auto found = trend();
  const auto svg = drawing::to_svg(trend_screen(found, kOslo), trend_about(found, kOslo));
  for (const auto* word : {"rød", "gul", "grønn", "SpO2 (%)", "<title>Målinger 1.1.2026 til 31.12.2026</title>"})
    EXPECT_THAT(svg, HasSubstr(word));
  EXPECT_THAT(svg, Not(HasSubstr("Kari"))) << "whose it is stands on paper alone";
  const auto pages = trend_paper(found, kOslo, "Kari Prøve, født 1.2.1950", world.now());
  EXPECT_THAT(drawing::to_pdf(pages, trend_about(found, kOslo)).substr(0, 5), "%PDF-");
  EXPECT_THAT(drawing::to_png(trend_screen(found, kOslo), 1).substr(1, 3), "PNG");
}

TEST_F(TrendData, words_of_others_are_text_in_a_drawing) {
  measure({.loinc = "<script>&", .value = "5", .unit = "mg", .time = "2026-11-20T08:00:00Z"});
  const auto svg = drawing::to_svg(trend_screen(trend(), kOslo), {});
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&amp;"));
}

TEST_F(TrendData, without_measurements_says_so) {
  EXPECT_THAT(drawing::to_svg(trend_screen(trend(), kOslo), trend_about(trend(), kOslo)),
              HasSubstr("Ingen målinger i perioden"));
}

TEST(TrendAxis, has_round_numbers_that_hold_all_points_and_the_limits_near_them) {
  Curve curve;
  curve.decimals = 0;
  curve.points = {{.average = 83, .minimum = 83, .maximum = 83}, {.average = 92, .minimum = 92, .maximum = 92}};
  auto axis = value_axis(curve);
  EXPECT_LT(axis.bottom, 83);
  EXPECT_GT(axis.top, 92);
  EXPECT_EQ(axis.step, 2);
  curve.limits = {{{}, {"%", {{followup::Zone::red, {}, followup::Bound{"79", 79}}}}}};
  EXPECT_LT(value_axis(curve).bottom, 79);
  curve.limits = {{{}, {"%", {{followup::Zone::red, {}, followup::Bound{"10", 10}}}}}};
  EXPECT_GT(value_axis(curve).bottom, 70) << "a limit far away does not flatten the curve";
  curve.points = {{.average = 0, .minimum = 0, .maximum = 0}};
  EXPECT_EQ(value_axis(curve).bottom, 0) << "nobody has less than none";
}

TEST(TrendAxis, marks_whole_days_months_and_years) {
  const auto labels = [](std::string_view from, std::string_view to) {
    std::vector<std::string> found;
    for (const auto& tick : time_ticks({at(from), at(to)}, kOslo, 10)) found.push_back(tick.label);
    return found;
  };
  EXPECT_THAT(labels("2026-11-20", "2026-11-23"), ElementsAre("20.11.", "21.11.", "22.11."));
  EXPECT_THAT(labels("2025-11-26", "2026-11-26"), ElementsAre("2026", "april", "juli", "okt."));
  EXPECT_THAT(labels("2023-06-01", "2026-11-26"), ElementsAre("juli", "2024", "juli", "2025", "juli", "2026", "juli"));
}

}  // namespace
}  // namespace varde::operation::test
