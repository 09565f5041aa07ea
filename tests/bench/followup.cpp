// What follow-up costs, by its own store and rules in one process.
//   bench_followup DIR READINGS PATIENTS
// READINGS: how many the dry run is over; PATIENTS: how many have planned measurements three times a day.
// Tells lines of value|unit|floor|target|name.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fhir-model/json/json.h"
#include "server/clock/clock.h"
#include "server/followup/dry_run.h"
#include "server/followup/evaluation.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/interaction/context.h"
#include "server/interaction/repository.h"
#include "server/operation/operations.h"
#include "server/search/cursor.h"
#include "server/storage/storage.h"

namespace {

using namespace varde;  // NOLINT(google-build-using-namespace)
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Instant = storage::Instant;

constexpr std::string_view kSpO2 = "2708-6";

double wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
/// Of all threads: what is measured beside others does not count their time.
double processor() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <class T>
void require(const Result<T>& result) {
  if (!result) throw std::runtime_error(result.error().diagnostics);
}
fhir::Tree parse(const std::string& json) {
  auto tree = fhir::parse_json(json);
  require(tree);
  return std::move(*tree);
}

class World {
 public:
  explicit World(const std::string& directory)
      : database_({.directory = directory, .readers = 2, .clock = [this] { return now; }}),
        store_(interaction::uuid_v7()),
        repository(database_, store_, access::ourselves("bench")) {
    store_.add_effect(follow_up_);
  }
  interaction::Store& store() { return store_; }
  void put(interaction::Act& act, const std::string& json, const std::string& id) {
    auto tree = parse(json);
    require(act.update(tree.edit(), id));
  }
  void write(const std::function<void(interaction::Act&)>& job) {
    require(repository.write([&](interaction::Act& act) -> Result<void> {
      job(act);
      return {};
    }));
  }
  Instant now = *followup::parse_instant("2026-11-01T08:00:00Z");

 private:
  storage::Database database_;
  followup::FollowUp follow_up_;
  interaction::Store store_;

 public:
  const interaction::Repository repository;
};

std::string iso(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const auto second = std::chrono::floor<seconds>(at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                     second / 60 % 60, second % 60);
}

std::string quantity(double value) {
  return fmt::format(R"({{"value":{},"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})", value);
}
std::string limit(std::string_view zone, double low, double high) {
  std::string json = fmt::format(
      R"({{"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{{"url":"zone","valueCode":"{}"}})",
      zone);
  if (low > 0) json += fmt::format(R"(,{{"url":"low","valueQuantity":{}}})", quantity(low));
  if (high > 0) json += fmt::format(R"(,{{"url":"high","valueQuantity":{}}})", quantity(high));
  return json + "]}";
}
/// Ten rules that look back 30 days, of every kind that does.
std::string ten_rules() {
  constexpr std::string_view kWithin = R"(,{"url":"within","valueDuration":{"value":30,"code":"d"}})";
  std::string all;
  const auto add = [&](std::string_view parts) {
    all += fmt::format(R"(,{{"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[{}{}]}})", parts,
                       kWithin);
  };
  for (const int times : {3, 4, 5})
    add(fmt::format(
        R"({{"url":"kind","valueCode":"persistence"}},{{"url":"zone","valueCode":"red"}},{{"url":"times","valuePositiveInt":{}}})",
        times));
  for (const int change : {8, 10, 12}) {
    add(fmt::format(
        R"({{"url":"kind","valueCode":"trend"}},{{"url":"zone","valueCode":"yellow"}},{{"url":"change","valueQuantity":{{"value":-{},"code":"%"}}}})",
        change));
    add(fmt::format(
        R"({{"url":"kind","valueCode":"relative"}},{{"url":"zone","valueCode":"yellow"}},{{"url":"change","valueQuantity":{{"value":-{},"code":"%"}}}})",
        change));
  }
  add(R"({"url":"kind","valueCode":"hysteresis"},{"url":"back","valueQuantity":{"value":1,"code":"%"}})");
  return all;
}
enum class Rules { none, ten };
std::string plan(std::string_view patient, Rules rules, std::string_view timing = "") {
  return fmt::format(
      R"({{"resourceType":"ServiceRequest","extension":[{},{},{}{}],"status":"active","intent":"plan","code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}]}},"subject":{{"reference":"Patient/{}"}}{}}})",
      limit("red", 0, 85), limit("yellow", 85, 90), limit("green", 90, 0), rules == Rules::ten ? ten_rules() : "",
      kSpO2, patient, timing);
}
std::string reading(std::string_view patient, double value, Instant at) {
  return fmt::format(
      R"({{"resourceType":"Observation","meta":{{"lastUpdated":"2026-11-01T08:00:00Z"}},"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}]}},"subject":{{"reference":"Patient/{}"}},"effectiveDateTime":"{}","valueQuantity":{}}})",
      kSpO2, patient, iso(at), quantity(value));
}
std::string episode(std::string_view patient) {
  return fmt::format(
      R"({{"resourceType":"EpisodeOfCare","status":"active","patient":{{"reference":"Patient/{}"}},"period":{{"start":"2020-01-01"}}}})",
      patient);
}

void tell(double value, std::string_view unit, double floor, std::string_view target, std::string_view name) {
  fmt::print("{}|{}|{}|{}|{}\n", value, unit, floor, target, name);
  std::fflush(stdout);
}

constexpr int kCreates = 4000;  ///< of a patient, twice a day

// --- creates ---------------------------------------------------------------------------------------------------------

/// Processor time of a create, of readings twice a day that are green.
double cost_of_create(World& world, const std::string& patient, int first, int count) {
  constexpr int kAtOnce = 100;
  const auto start = world.now - hours(12) * kCreates;
  const double before = processor();
  for (int done = first; done < first + count; done += kAtOnce)
    world.write([&](interaction::Act& act) {
      for (int i = done; i < done + kAtOnce; ++i)
        require(act.create(parse(reading(patient, 92 + i % 7, start + hours(12) * i)).edit()));
    });
  return (processor() - before) / count;
}

void creates(World& world) {
  constexpr int kRounds = 10, kCount = kCreates / kRounds;
  const std::vector<std::pair<std::string, Rules>> patients{{"plain", Rules::none}, {"ruled", Rules::ten}};
  world.write([&](interaction::Act& act) {
    for (const auto& [id, rules] : patients) {
      world.put(act, R"({"resourceType":"Patient"})", id);
      world.put(act, episode(id), "e-" + id);
      world.put(act, plan(id, rules), "s-" + id);
    }
  });
  std::vector<double> ratios;
  double cost = 0;
  for (int round = 0; round < kRounds; ++round) {  // by turns: the machine is others', too
    const double plain = cost_of_create(world, "plain", round * kCount, kCount);
    const double ruled = cost_of_create(world, "ruled", round * kCount, kCount);
    ratios.push_back(100 * (ruled - plain) / plain);
    cost += ruled / kRounds;
  }
  std::ranges::sort(ratios);
  tell(ratios[kRounds / 2], "%", 0, "<= 20", "ten rules beside a create without");
  tell(cost * 1e6, "us", 0, "", "create judged by ten rules, processor");
}

// --- evaluations -----------------------------------------------------------------------------------------------------

void evaluations(World& world) {
  constexpr int kTimes = 2000, kRules = 10;
  const auto key = world.repository.read([](const interaction::View& view) { return view.patient_key("ruled"); });
  // A whole window of 60 readings behind each, and a value that the rules have something to say of.
  const auto start = world.now - hours(12) * kCreates;
  std::size_t found = 0;
  const double before = processor();
  world.repository.read([&](const interaction::View& view) {
    for (int i = 0; i < kTimes; ++i) {
      auto tree = parse(reading("ruled", 83, start + hours(12) * (100 + i) + hours(1)));
      for (const auto& judged : followup::judge(view, key, tree.edit(), {}).values) found += judged.beyond.size();
    }
  });
  const double judged = kTimes * kRules / (processor() - before);
  if (found < kTimes) throw std::runtime_error("the rules looked at nothing");
  tell(judged, "evaluations/s", 0, ">= 20000", "rules over 30 days, with parsing and judging");
}

// --- missing ---------------------------------------------------------------------------------------------------------

void missing(World& world, int patients) {
  clock::Clock clock(world.repository.as(access::ourselves("clock")), [](std::string_view) {});
  followup::FollowUp::keep_time(clock);
  constexpr int kAtOnce = 200;
  for (int done = 0; done < patients; done += kAtOnce)
    world.write([&](interaction::Act& act) {
      for (int i = done; i < std::min(done + kAtOnce, patients); ++i) {
        const auto id = fmt::format("m-{}", i);
        const int minute = i % 480;  // the deadlines of all lie over the day
        const auto at = [&](int eight) { return fmt::format("{:02}:{:02}:00", eight * 8 + minute / 60, minute % 60); };
        world.put(act, R"({"resourceType":"Patient"})", id);
        world.put(act, episode(id), "e-" + id);
        world.put(
            act,
            plan(
                id, Rules::none,
                fmt::format(
                    R"(,"occurrenceTiming":{{"repeat":{{"frequency":3,"period":1,"periodUnit":"d","timeOfDay":["{}","{}","{}"]}}}})",
                    at(0), at(1), at(2))),
            "s-" + id);
      }
    });
  while (clock.do_what_is_due() > 0) {
  }
  double idle = wall();
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) clock.do_what_is_due();
  idle = (wall() - idle) / kRounds;
  tell(idle * 1e6, "us", 0, "", fmt::format("a round with nothing due, of {} patients", patients));
  double longest = 0;
  std::size_t told = 0;
  for (int minute = 0; minute < 36 * 60; ++minute) {
    world.now += minutes(1);
    const double before = wall();
    std::size_t done = 0;
    while (const auto now = clock.do_what_is_due()) done += now;
    told += done;
    longest = std::max(longest, wall() - before);
  }
  tell(longest, "s", 0, "<= 1", fmt::format("longest minute of {} deadlines in 36 hours", told));
}

// --- trends ----------------------------------------------------------------------------------------------------------

void trends(World& world, std::string_view when) {
  const auto key = search::CursorKey::in_directory(std::filesystem::temp_directory_path());
  const fhir::Profiles profiles;
  const interaction::Context context{world.store(), key, profiles};
  for (const auto& [media, most] : {std::pair<std::string, int>{"", 5}, {"image/svg+xml", 40}}) {
    std::vector<double> took;
    for (int i = 0; i < 300; ++i) {
      interaction::Request request;
      request.id = "five";
      request.query = {{"code", "http://loinc.org|2708-6"}, {"from", "2021-11-01"}, {"bucket", "week"}};
      request.media = media;
      const double before = processor();
      world.repository.read([&](const interaction::View& view) { require(operation::trend(request, view, context)); });
      took.push_back(1000 * (processor() - before));
    }
    std::ranges::sort(took);
    tell(took[297], "ms", took[150], fmt::format("<= {}", most),
         fmt::format("$trend of five years {}, p99 of processor time beside median, {}", media.empty() ? "JSON" : "SVG",
                     when));
  }
}

void five_years(World& world) {
  world.write([&](interaction::Act& act) {
    world.put(act, R"({"resourceType":"Patient"})", "five");
    world.put(act, plan("five", Rules::none), "s-five");
    world.put(act, episode("five"), "e-five");
  });
  constexpr int kReadings = 5 * 365 * 2, kAtOnce = 500;
  for (int done = 0; done < kReadings; done += kAtOnce)
    world.write([&](interaction::Act& act) {
      for (int i = done; i < std::min(done + kAtOnce, kReadings); ++i)
        require(act.create(parse(reading("five", 90 + i % 9, world.now - hours(12) * (i + 1))).edit()));
    });
}

// --- dry run ---------------------------------------------------------------------------------------------------------

void dry_run(World& world, int readings) {
  constexpr int kEach = 500;
  for (int patient = 0; patient * kEach < readings; ++patient)
    world.write([&](interaction::Act& act) {
      const auto id = fmt::format("d-{}", patient);
      world.put(act, R"({"resourceType":"Patient"})", id);
      world.put(act, plan(id, Rules::none), "s-" + id);
      for (int i = 0; i < kEach; ++i)
        require(act.create(parse(reading(id, 88 + (i * 7 + patient) % 12, world.now - hours(8) * (i + 1))).edit()));
    });
  world.write([&](interaction::Act& act) {
    for (int patient = 0; patient * kEach < readings; ++patient) {
      const auto id = fmt::format("d-{}", patient);
      world.put(act, episode(id), "e-" + id);
    }
  });
  const auto changed = parse(plan("x", Rules::ten));
  auto limits = followup::limits_of(changed.root());
  require(limits);
  Budget budget({.time = hours(1), .steps = UINT64_MAX, .bytes = SIZE_MAX});
  const double before = wall(), used = processor();
  const auto run = world.repository.read(
      [&](const interaction::View& view) -> Result<followup::DryRun> {
        auto everybody = followup::everybody_with(view, *limits);
        if (!everybody) return tl::unexpected(everybody.error());
        return followup::dry_run(view, {*limits, *everybody, world.now - std::chrono::days(400), world.now});
      },
      budget);
  require(run);
  const double million = 1e6 / static_cast<double>(run->readings);
  tell((wall() - before) * million, "s", (processor() - used) * million, "<= 20",
       fmt::format("dry run of ten rules, per million of {}, beside processor time", run->readings));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string folder = argv[1];
  const int readings = std::atoi(argv[2]), patients = std::atoi(argv[3]);
  {
    World world(folder + "/rules");
    creates(world);
    evaluations(world);
  }
  {
    World world(folder + "/readings");
    five_years(world);
    trends(world, "alone");
    dry_run(world, readings);
    trends(world, fmt::format("beside {}", readings));
  }
  World world(folder + "/missing");
  missing(world, patients);
}
