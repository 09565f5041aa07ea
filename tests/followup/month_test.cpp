/// A month of a service with 200 patients, by a clock that is moved: readings in time, late and ahead of others,
/// corrections and withdrawals, pauses and their ends, writes that are undone half way, and a process that is killed
/// and begins again. Beside it a naive model of the rules, which knows nothing of the server: at the end both say the
/// same of every reading, every Task, the worklist, the measurements and the enrolments. Source: issue "Follow-up",
/// figures; shared/domain.md, alerts
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>

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

// --- what happens ----------------------------------------------------------------------------------------------------

struct Step {
  enum class Kind : std::uint8_t { begin, readings, correction, pause, resume, clock };
  Kind kind = Kind::clock;
  Instant at{};
  int patient = 0;
  std::string status = "final";                                     ///< of the readings
  std::vector<std::pair<std::string, ModelReading>> readings = {};  ///< one transaction
  bool is_undone_first = false;                                     ///< the first attempt fails at its end
};

/// Written down before anything of it happens: what the server is told, and what the model makes of it.
class Script {
 public:
  Script() {
    add({.kind = Step::Kind::begin});
    for (int day = 0; day < kDays; ++day) {
      measure_all(day);
      pass(6h);
      correct_some();
      pause_and_resume_some();
      pass(18h);
      add({.kind = Step::Kind::clock});
    }
  }
  std::vector<Step> steps;
  Model model;

 private:
  Instant now_ = *parse_instant("2026-11-22T08:00:00Z");
  std::mt19937 random_{20261126};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same month each time

  void pass(std::chrono::microseconds time) { now_ += time; }
  void add(Step step) {
    pass(1s);
    step.at = now_;
    steps.push_back(std::move(step));
  }
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool in(int of_a_hundred) { return between(1, 100) <= of_a_hundred; }
  double value() { return in(80) ? between(90, 99) : between(80, 89); }

  void measure_all(int day) {
    Step step{.kind = Step::Kind::readings};
    const auto received = now_ + 1s;
    for (int i = 0; i < kPatients; ++i) {
      if (in(10)) continue;  // not done
      ModelReading reading{.patient = i, .value = value(), .measured = received, .received = received};
      if (in(10) && day > 2) reading.measured -= std::chrono::hours(between(1, 40));  // late, and behind others
      // No two readings of a patient are the same: a copy is another test's matter (resent_test.cpp).
      reading.measured -= std::chrono::seconds(between(1, 100000) % 3000);
      step.readings.emplace_back("o" + std::to_string(day) + "-" + std::to_string(i), reading);
    }
    std::shuffle(step.readings.begin(), step.readings.end(), random_);
    step.is_undone_first = in(50);
    for (const auto& [id, reading] : step.readings) model.received(id, reading);
    add(std::move(step));
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
      add({.kind = Step::Kind::correction,
           .status = withdrawn ? "entered-in-error" : "corrected",
           .readings = {{at->first, changed}}});
      model.corrected(at->first, changed.value, !withdrawn);
    }
  }

  void pause_and_resume_some() {
    for (int n = 0; n < 6; ++n) {
      const int i = between(0, kPatients - 1);
      auto& who = model.patients[i];
      add({.kind = who.paused ? Step::Kind::resume : Step::Kind::pause, .patient = i});
      if (who.paused) tell_the_worst_of_the_pause(i);
      who = {!who.paused, now_};
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
};

// --- the service -----------------------------------------------------------------------------------------------------

std::string name(int patient) { return "p" + std::to_string(patient); }

/// The server's part, in whichever process.
class Service {
 public:
  explicit Service(World& world) : world_(world) { FollowUp::keep_time(clock_); }

  /// May be done again from the beginning when nobody knows whether it was: that is what senders do.
  Result<void> take(const Step& step) {
    world_.set_now(step.at);
    if (step.kind == Step::Kind::clock) {
      while (clock_.do_what_is_due() > 0) {
      }
      return {};
    }
    if (step.is_undone_first && attempt(step, true)) return fail(Fault::internal, "the first attempt was not undone");
    return attempt(step, false);
  }

 private:
  World& world_;
  clock::Clock clock_{world_.repository().as(access::ourselves("clock")), [](std::string_view) {}};

  Result<void> attempt(const Step& step, bool fails) {
    return world_.repository().write([&](interaction::Act& act) -> Result<void> {
      FHIR_TRY(write_all(act, step));
      if (fails) return fail(Fault::internal, "undone by the test");
      return {};
    });
  }
  static Result<void> write_all(interaction::Act& act, const Step& step) {
    switch (step.kind) {
      case Step::Kind::begin: return begin(act);
      case Step::Kind::pause: return pause(act, name(step.patient), "innlagt");
      case Step::Kind::resume: return resume(act, name(step.patient));
      default: break;
    }
    for (const auto& [id, reading] : step.readings) FHIR_TRY(write(act, json_of(reading, step.status), id));
    return {};
  }
  static Result<void> begin(interaction::Act& act) {
    for (int i = 0; i < kPatients; ++i) {
      const auto number = std::to_string(i);
      FHIR_TRY(write(act, patient(), name(i)));
      FHIR_TRY(write(act, enrolment(name(i)), "e" + number));
      FHIR_TRY(write(act, without_rhythm(plan(name(i), "2708-6", kSpO2Limits)), "s" + number));
    }
    return {};
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
  static std::string json_of(const ModelReading& reading, std::string_view status) {
    return observation(name(reading.patient), {.value = std::to_string(static_cast<int>(reading.value)),
                                               .status = std::string(status),
                                               .time = interaction::fhir_instant(reading.measured)});
  }
};

// --- the process that is killed --------------------------------------------------------------------------------------

/// Takes the steps from `first` on, and says of each when it is committed. Ends with 0 when all are taken.
[[noreturn]] void serve(const std::string& directory, const Script& script, std::size_t first, int told) {
  try {
    World world(directory, false);
    Service service(world);
    for (auto at = first; at < script.steps.size(); ++at) {
      if (!service.take(script.steps[at])) ::_exit(2);
      if (::write(told, "+", 1) != 1) ::_exit(3);
    }
  } catch (const std::exception&) {
    ::_exit(4);
  }
  ::_exit(0);
}

struct Run {
  std::size_t taken = 0;  ///< steps that were told to be committed
  bool ended = false;     ///< by itself
  int status = 0;
};

/// One life of the process: it is killed with SIGKILL somewhere in the step after the first `lives_for` ones.
Run live(const std::string& directory, const Script& script, std::size_t first, std::size_t lives_for,
         std::chrono::microseconds into_it) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    serve(directory, script, first, pipe[1]);
  }
  ::close(pipe[1]);
  Run run;
  char told = 0;
  while (run.taken < lives_for && ::read(pipe[0], &told, 1) == 1) ++run.taken;
  std::this_thread::sleep_for(into_it);
  if (run.taken == lives_for) ::kill(child, SIGKILL);
  while (::read(pipe[0], &told, 1) == 1) ++run.taken;  // what was committed before the kill came
  ::close(pipe[0]);
  ::waitpid(child, &run.status, 0);
  run.ended = WIFEXITED(run.status);
  return run;
}

class Month : public ::testing::Test {
 protected:
  ~Month() override { std::filesystem::remove_all(directory); }
  void take_all_with_kills() {
    std::mt19937 random{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same kills each time, as far as clocks allow
    const auto between = [&](std::size_t low, std::size_t high) {
      return std::uniform_int_distribution<std::size_t>(low, high)(random);
    };
    std::size_t next = 0;
    while (next < script.steps.size()) {
      const bool last = kills == kKills;
      const auto run = live(directory, script, next, last ? script.steps.size() : between(0, 2 * kEach),
                            std::chrono::microseconds(between(0, 60'000)));
      next += run.taken;
      ASSERT_TRUE(!run.ended || WEXITSTATUS(run.status) == 0) << "status " << WEXITSTATUS(run.status) << " at " << next;
      if (run.ended) continue;
      ASSERT_FALSE(last);
      ++kills;
    }
  }

  static constexpr std::size_t kKills = 25, kEach = 14;  ///< steps between two kills, about
  const Script script;
  const Model& model = script.model;
  const std::string directory = World::make_directory();
  std::size_t kills = 0;
};

TEST_F(Month, of_two_hundred_patients_ends_in_what_its_history_gives) {
  take_all_with_kills();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_GE(kills, kKills / 2);
  World world(directory, false);

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
