/// What holds of the rules for any readings at all: the order of arrival decides nothing, a worse value never looks
/// better, and nothing that was acknowledged is without a judgement.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <map>

#include "server/followup/rule/rules.h"
#include "server/followup/rule_finding.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

constexpr std::string_view kRuleUrl = "https://varde.example/fhir/StructureDefinition/rule";

std::string rule_json(std::string_view parts) {
  return R"({"url":")" + std::string(kRuleUrl) + R"(","extension":[)" + std::string(parts) + "]}";
}
const std::vector<std::string> kEveryRule{
    kSpO2Limits[0],
    kSpO2Limits[1],
    kSpO2Limits[2],
    rule_json(R"({"url":"kind","valueCode":"persistence"},{"url":"zone","valueCode":"red"},
      {"url":"times","valuePositiveInt":2},{"url":"among","valuePositiveInt":3},
      {"url":"within","valueDuration":{"value":5,"code":"d"}})"),
    rule_json(R"({"url":"kind","valueCode":"trend"},{"url":"zone","valueCode":"yellow"},
      {"url":"change","valueQuantity":{"value":-4,"code":"%"}},{"url":"within","valueDuration":{"value":4,"code":"d"}})"),
    rule_json(R"({"url":"kind","valueCode":"trend"},{"url":"zone","valueCode":"red"},{"url":"by","valueCode":"slope"},
      {"url":"change","valueQuantity":{"value":-6,"code":"%"}},{"url":"within","valueDuration":{"value":6,"code":"d"}})"),
    rule_json(R"({"url":"kind","valueCode":"relative"},{"url":"zone","valueCode":"red"},
      {"url":"change","valueQuantity":{"value":-6,"code":"%"}},{"url":"within","valueDuration":{"value":8,"code":"d"}})"),
    rule_json(R"({"url":"kind","valueCode":"hysteresis"},{"url":"back","valueQuantity":{"value":2,"code":"%"}},
      {"url":"within","valueDuration":{"value":3,"code":"d"}})")};

/// What becomes of one reading.
struct Story {
  int hour;         ///< since the 2nd of November, all different
  int value;        ///< in the end
  int first;        ///< as it was sent
  bool is_deleted;  ///< in the end
};

std::string time_of_hour(int hour) {
  char text[40];
  std::snprintf(text, sizeof text, "2026-11-%02dT%02d:00:00Z", 2 + hour / 24, hour % 24);
  return text;
}

/// By time: the colour, what the rules said, and whether work is open, and how urgent.
using State = std::map<int, std::string>;

class AnyReadings : public FollowUpTest {
 protected:
  State after(const std::vector<Story>& stories, const std::vector<std::size_t>& order) {
    const auto someone = world.create(patient());
    world.create(enrolment(someone));
    world.create(plan(someone, "2708-6", kEveryRule));
    std::map<std::size_t, std::string> ids;
    const auto say = [&](const Story& story, int value, std::string_view status) {
      return observation(
          someone, {.value = std::to_string(value), .status = std::string(status), .time = time_of_hour(story.hour)});
    };
    for (const auto which : order) {
      const auto& story = stories[which];
      if (const auto known = ids.find(which); known == ids.end())
        ids[which] = world.create(say(story, story.first, "final"));
      else if (story.is_deleted)
        world.remove("Observation", known->second);
      else
        world.update(say(story, story.value, "corrected"), known->second);
    }
    State state;
    for (const auto& [which, id] : ids) {
      const auto& story = stories[which];
      state[story.hour] = story.is_deleted ? "deleted" : colour_of(id);
      state[story.hour] += open_work(someone, id);
    }
    return state;
  }
  std::string colour_of(const std::string& id) {
    const auto tree = world.read("Observation", id);
    auto words = std::string(code(level_of(tree.root()).value()));
    for (const auto& finding : rule_findings_of(tree.root())) words += " " + finding.rule + " " + finding.text;
    return words;
  }
  std::string open_work(const std::string& someone, const std::string& id) {
    return world.repository().read([&](const interaction::View& view) -> std::string {
      const auto row = storage::open_alert::get(view, view.patient_key(someone), "Observation/" + id);
      const auto task = row ? view.tree(fhir::find_resource_type("Task"), row->task_id) : std::nullopt;
      return task ? " " + std::string(task->root()["status"].value()) + " " +
                        std::string(task->root()["priority"].value())
                  : "";
    });
  }
};

TEST_F(AnyReadings, in_any_order_of_arrival_end_in_the_same_state) {
  const auto holds = rc::check([&] {
    const auto hours =
        *rc::gen::unique<std::vector<int>>(*rc::gen::inRange<std::size_t>(2, 8), rc::gen::inRange(0, 400));
    std::vector<Story> stories;
    std::vector<std::size_t> events;  // each reading is sent, and then corrected or deleted
    for (const int hour : hours) {
      const auto value = rc::gen::inRange(80, 100);
      stories.push_back({hour, *value, *value, *rc::gen::inRange(0, 5) == 0});
      events.insert(events.end(), {stories.size() - 1, stories.size() - 1});
    }
    auto other = events;
    for (std::size_t i = other.size() - 1; i > 0; --i)
      std::swap(other[i], other[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    RC_ASSERT(after(stories, events) == after(stories, other));
  });
  EXPECT_TRUE(holds);
}

/// Of a measure that is worse the lower it is.
TEST(AnyValue, that_is_worse_never_has_a_better_colour) {
  const auto limits = checked(from_text("%;r:-:85;y:85:90;g:90:-")).value();
  const auto plan = resource(varde::followup::test::plan("x", "2708-6", kEveryRule));
  const auto rules = limits_of(plan.root()).value().at(0).rules;
  ASSERT_EQ(rules.size(), 5u);
  const auto zone = time::Zone::norway();
  const auto colour = [&](std::vector<rule::Point> points, double value) {
    points.push_back({.time = storage::Instant{std::chrono::hours{24 * 30}}, .value = value});
    auto level = evaluate(limits, value).zone;
    for (const auto& asked : rules)
      for (const auto& found : asked.rule->evaluate({nullptr, "SpO2", limits, asked.settings},
                                                    {{}, points.back().time, points}, {points.back().time, zone}))
        level = worst(level, found.zone);
    return level;
  };
  const auto holds = rc::check([&] {
    std::vector<rule::Point> points;
    for (const int hour : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 700)))
      points.push_back(
          {.time = storage::Instant{std::chrono::hours{hour}}, .value = *rc::gen::inRange(780, 1000) / 10.0});
    std::ranges::sort(points, {}, &rule::Point::time);
    const double better = *rc::gen::inRange(780, 1000) / 10.0, worse = better - *rc::gen::inRange(1, 200) / 10.0;
    RC_ASSERT(colour(points, worse) >= colour(points, better));
  });
  EXPECT_TRUE(holds);
}

TEST_F(AnyReadings, that_are_acknowledged_have_a_judgement_and_only_a_number_is_green) {
  world.update(plan(kari, "2708-6", kEveryRule), spo2_plan);
  const std::vector<std::string> values{R"("valueQuantity":{"value":95,"code":"%"})",
                                        R"("valueQuantity":{"value":95})",
                                        R"("valueQuantity":{"value":95,"code":"kg"})",
                                        R"("valueQuantity":{"value":101,"code":"%"})",
                                        R"("valueQuantity":{"value":-1,"code":"%"})",
                                        R"("valueQuantity":{"value":1e300,"code":"%"})",
                                        R"("valueQuantity":{"code":"%"})",
                                        R"("valueString":"95")",
                                        R"("valueInteger":95)",
                                        R"("valueRange":{"low":{"value":90,"code":"%"}})",
                                        R"("note":[{"text":"ingen verdi"}])"};
  const auto holds = rc::check([&] {
    const auto& value = *rc::gen::elementOf(values);
    const auto time = *rc::gen::element<std::string>("2026-11-20", "2026-11-22T07:00:00Z", "2026-11-20T07:00:00Z",
                                                     "2031-01-01", "1950");
    const auto id =
        world.create(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",
      "code":"2708-6"}]},"subject":{"reference":"Patient/)" +
                     kari + R"("},"effectiveDateTime":")" + time + "\"," + value + "}");
    const auto level = level_of(world.read("Observation", id).root());
    RC_ASSERT(level.has_value());
    RC_ASSERT(*level != Zone::green || value == values.front());
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace varde::followup::test
