/// A month of a service with 200 patients, by a clock that is moved: readings in time, late and ahead of others,
/// corrections and withdrawals, pauses and their ends, writes that are undone half way. Beside it a naive
/// model of the rules, which knows nothing of the server: at the end both say the same of every reading, every Task,
/// the worklist, the measurements and the enrolments.
/// Source: issue "Follow-up", figures; shared/domain.md, alerts
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "server/clock/clock.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"
#include "server/storage/worklist.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPatients = 200, kDays = 30;

// --- the naive model -------------------------------------------------------------------------------------------------

struct ModelReading {
  int patient = 0;
  double value = 0;
  bool stands = true;
  Instant measured{}, received{};
  bool alerts = false;      ///< has or had a Task of its own
  std::string status = "";  ///< of the Task: requested or cancelled
  std::string priority = "";
};
struct ModelPatient {
  bool paused = false;
  Instant since{};
};

std::string zone_of_value(double value) { return value < 85 ? "red" : value < 90 ? "yellow" : "green"; }
/// Red that nobody has taken in time is stat.
std::string urgency(std::string_view priority) { return priority == "stat" ? "asap" : std::string(priority); }
int rank(const std::string& zone) { return zone == "red" ? 2 : zone == "yellow" ? 1 : 0; }

class Model {
 public:
  std::map<std::string, ModelReading> readings;
  std::vector<ModelPatient> patients = std::vector<ModelPatient>(kPatients);

  void received(const std::string& id, ModelReading reading) {
    const auto level = rank(zone_of_value(reading.value));
    if (!patients[reading.patient].paused && level > 0) raise(reading);
    readings[id] = reading;
  }
  void corrected(const std::string& id, double value, bool stands) {
    auto& reading = readings.at(id);
    reading.value = value, reading.stands = stands;
    const auto level = stands ? rank(zone_of_value(value)) : -1;
    const bool paused = patients[reading.patient].paused;
    if (reading.alerts && reading.status == "requested") {
      if (level <= 0)
        reading.status = "cancelled";
      else if (!paused)
        reading.priority = level == 2 ? "asap" : "urgent";
      return;
    }
    if (level > 0 && !paused) raise(reading);
  }

 private:
  static void raise(ModelReading& reading) {
    reading.alerts = true;
    reading.status = "requested";
    reading.priority = zone_of_value(reading.value) == "red" ? "asap" : "urgent";
  }
};

// --- the service -----------------------------------------------------------------------------------------------------

class Month : public ::testing::Test {
 protected:
  void SetUp() override {
    FollowUp::keep_time(clock);
    world.act([&](interaction::Act& act) -> Result<void> {
      for (int i = 0; i < kPatients; ++i) {
        FHIR_TRY(write(act, patient(), "p" + std::to_string(i)));
        FHIR_TRY(write(act, enrolment("p" + std::to_string(i)), "e" + std::to_string(i)));
        FHIR_TRY(
            write(act, without_rhythm(plan("p" + std::to_string(i), "2708-6", kSpO2Limits)), "s" + std::to_string(i)));
      }
      return {};
    });
  }
  static Result<void> write(interaction::Act& act, std::string_view json, const std::string& id) {
    auto tree = resource(json);
    return act.update(tree.edit(), id).map([](const auto&) {});
  }
  /// What is not measured is another test's matter (missing_test.cpp).
  static std::string without_rhythm(std::string json) {
    const auto at = json.find(",\"occurrenceTiming\"");
    return json.substr(0, at) + "}";
  }
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }
  bool in(int of_a_hundred) { return between(1, 100) <= of_a_hundred; }
  double value() { return in(80) ? between(90, 99) : between(80, 89); }
  std::string json_of(const ModelReading& reading, std::string_view status) {
    return observation("p" + std::to_string(reading.patient), {.value = std::to_string(static_cast<int>(reading.value)),
                                                               .status = std::string(status),
                                                               .time = interaction::fhir_instant(reading.measured)});
  }

  void measure_all(int day) {
    std::vector<std::pair<std::string, ModelReading>> batch;
    for (int i = 0; i < kPatients; ++i) {
      if (in(10)) continue;  // not done
      ModelReading reading{.patient = i, .value = value(), .measured = world.now(), .received = world.now()};
      if (in(10) && day > 2) reading.measured -= std::chrono::hours(between(1, 40));  // late, and behind others
      // No two readings of a patient are the same: a copy is another test's matter (resent_test.cpp).
      reading.measured -= std::chrono::seconds(between(1, 100000) % 3000);
      batch.emplace_back("o" + std::to_string(day) + "-" + std::to_string(i), reading);
    }
    std::shuffle(batch.begin(), batch.end(), random);
    write_batch(batch);
  }
  /// Half the time the first attempt is undone at its end, as by a kill before the commit; the sender sends again.
  void write_batch(const std::vector<std::pair<std::string, ModelReading>>& batch) {
    const auto attempt = [&](bool fails) {
      return world.repository().write([&](interaction::Act& act) -> Result<void> {
        for (const auto& [id, reading] : batch) FHIR_TRY(write(act, json_of(reading, "final"), id));
        if (fails) return fail(Fault::internal, "undone by the test");
        return {};
      });
    };
    if (in(50)) {
      EXPECT_FALSE(attempt(true));
    }
    const auto done = attempt(false);
    ASSERT_TRUE(done) << done.error().diagnostics;
    for (const auto& [id, reading] : batch) model.received(id, reading);
  }

  void correct_some() {
    for (int n = 0; n < 8 && !model.readings.empty(); ++n) {
      auto at = model.readings.begin();
      std::advance(at, between(0, static_cast<int>(model.readings.size()) - 1));
      if (!at->second.stands) continue;
      // In a pause a correction speaks through the Task that asks to resume: another test's matter (pause_test.cpp).
      if (model.patients[at->second.patient].paused) continue;
      const bool withdrawn = in(40);
      auto changed = at->second;
      if (!withdrawn) changed.value = value();
      world.update(json_of(changed, withdrawn ? "entered-in-error" : "corrected"), at->first);
      model.corrected(at->first, changed.value, !withdrawn);
    }
  }

  void pause_and_resume_some() {
    for (int n = 0; n < 6; ++n) {
      const int i = between(0, kPatients - 1);
      auto& who = model.patients[i];
      const auto id = "p" + std::to_string(i);
      if (!who.paused) {
        world.act([&](interaction::Act& act) { return pause(act, id, "innlagt"); });
        who = {true, world.now()};
        continue;
      }
      world.act([&](interaction::Act& act) { return resume(act, id); });
      tell_the_worst_of_the_pause(i);
      who = {false, world.now()};
    }
  }
  /// Of what came in the pause, whenever it was measured, one alert: the worst, of equals the latest.
  void tell_the_worst_of_the_pause(int patient) {
    ModelReading* worst = nullptr;
    for (auto& [id, reading] : model.readings) {
      if (reading.patient != patient || !reading.stands || reading.received < model.patients[patient].since) continue;
      if (rank(zone_of_value(reading.value)) == 0) continue;
      const auto beyond = [](const ModelReading& each) {
        const double limit = zone_of_value(each.value) == "red" ? 85 : 90;
        return std::make_tuple(rank(zone_of_value(each.value)), (limit - each.value) / limit, each.measured);
      };
      if (!worst || beyond(*worst) < beyond(reading)) worst = &reading;
    }
    if (!worst) return;
    worst->alerts = true, worst->status = "requested";
    worst->priority = zone_of_value(worst->value) == "red" ? "asap" : "urgent";
  }

  World world;
  clock::Clock clock{world.repository().as(access::ourselves("clock")), [](std::string_view) {}};
  std::mt19937 random{20261126};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same month each time
  Model model;
};

TEST_F(Month, of_two_hundred_patients_ends_in_what_its_history_gives) {
  for (int day = 0; day < kDays; ++day) {
    measure_all(day);
    world.pass(6h);
    correct_some();
    pause_and_resume_some();
    world.pass(18h);
    while (clock.do_what_is_due() > 0) {
    }
  }

  // Every reading that somebody stands behind has its colour.
  std::map<std::string, std::vector<double>> expected, stored;
  for (const auto& [id, reading] : model.readings) {
    if (!reading.stands) continue;
    const auto tree = world.read("Observation", id);
    const auto level = level_of(tree.root());
    ASSERT_TRUE(level) << id;
    EXPECT_EQ(code(*level), zone_of_value(reading.value)) << id;
    expected["p" + std::to_string(reading.patient)].push_back(reading.value);
  }
  // What stands is what trends are made of.
  for (auto& [id, values] : expected) {
    for (const auto& row : world.measurements(id, "http://loinc.org|2708-6")) stored[id].push_back(row.value);
    EXPECT_THAT(stored[id], testing::UnorderedElementsAreArray(values)) << id;
  }

  // Every alert that should be is there, once, open or withdrawn; and no other.
  std::map<std::string, std::string> tasks, wanted;
  std::size_t open = 0, open_alerts = 0;
  for (const auto& tree : world.all("Task")) {
    const auto task = tree.root();
    if (is_open(task)) ++open;
    if (task["code"]["coding"]["code"].value() != "alert") continue;
    if (is_open(task)) ++open_alerts;
    const std::string id(task["focus"]["reference"].value().substr(std::string_view("Observation/").size()));
    auto& said = tasks[id];
    // A reading may have had a Task that was withdrawn before the one that holds.
    const auto words =
        std::string(task["status"].value()) + (is_open(task) ? "/" + urgency(task["priority"].value()) : std::string());
    if (said.empty() || is_open(task)) said = words;
  }
  std::size_t wanted_open = 0;
  for (const auto& [id, reading] : model.readings) {
    if (!reading.alerts) continue;
    wanted[id] = reading.status + (reading.status == "requested" ? "/" + reading.priority : "");
    if (reading.status == "requested") ++wanted_open;
  }
  EXPECT_THAT(tasks, testing::ContainerEq(wanted));
  EXPECT_EQ(open_alerts, wanted_open) << "one open Task a reading";
  EXPECT_GT(wanted_open, 500u) << "the month had something to tell";

  // The worklist is the open Tasks, no more and no less.
  const auto listed = world.repository().read([](const interaction::View& view) {
    storage::worklist::Filter filter;
    filter.least_urgent = INT64_MAX, filter.all_of_a_group = true;
    return storage::worklist::page(view, filter, {}, 100000).size();
  });
  EXPECT_EQ(listed, open);

  for (int i = 0; i < kPatients; ++i) {
    const auto paused = world.repository().read(
        [&](const interaction::View& view) { return is_paused(view, view.patient_key("p" + std::to_string(i))); });
    EXPECT_EQ(paused, model.patients[i].paused) << i;
  }
}

}  // namespace
}  // namespace varde::followup::test
