#pragma once
/// A real database in a directory of its own, a real Store, follow-up wired as in the server; a clock that the test
/// moves.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "fhir-model/json/json.h"
#include "server/followup/evaluation.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/interaction/repository.h"
#include "server/storage/beside.h"
#include "server/storage/followup.h"
#include "server/storage/storage.h"
#include "tests/support/engine.h"

namespace varde::followup::test {

inline fhir::Tree resource(std::string_view json) {
  auto tree = fhir::parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics + " at " + tree.error().expression);
  return std::move(*tree);
}

class World {
 public:
  World() : World(make_directory(), true) {}
  /// On a store that is there, or comes to be; `removes`: it goes with this.
  World(std::string directory, bool removes)
      : directory_(std::move(directory)),
        removes_(removes),
        database_(options(directory_, now_)),
        store_(interaction::uuid_v7()),
        repository_(database_, store_, access::ourselves("test")) {
    store_.add_effect(followup_);
    followup_.on_red_alert([this](interaction::Act&, const RedAlert& alert) -> Result<void> {
      red_alerts.push_back(alert);
      if (refuse_red_alert) return fail(Fault::business_rule, "refused by the test");
      return {};
    });
  }
  ~World() {
    if (removes_) std::filesystem::remove_all(directory_);
  }
  static std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-followup-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    return name;
  }

  const std::string& directory() const { return directory_; }
  storage::Database& database() { return database_; }
  interaction::Store& store() { return store_; }
  const interaction::Repository& repository() const { return repository_; }
  void confirm_by(clock::Clock& clock) { followup_.confirm_by(clock); }
  void set_now(storage::Instant now) { now_ = now.time_since_epoch().count(); }
  void pass(std::chrono::microseconds time) { now_ = now_.load() + time.count(); }
  storage::Instant now() const { return storage::Instant{std::chrono::microseconds(now_.load())}; }

  Result<std::string> try_create(std::string_view json, std::optional<std::string> id = {}) {
    auto tree = resource(json);
    return repository_.write([&](interaction::Act& act) {
      return act.create(tree.edit(), id).map([](const auto& version) { return version.id; });
    });
  }
  std::string create(std::string_view json, std::optional<std::string> id = {}) {
    auto created = try_create(json, std::move(id));
    if (!created) throw std::runtime_error(created.error().diagnostics + " at " + created.error().expression);
    return *created;
  }
  Result<void> try_update(std::string_view json, const std::string& id) {
    auto tree = resource(json);
    return repository_.write(
        [&](interaction::Act& act) -> Result<void> { return act.update(tree.edit(), id).map([](const auto&) {}); });
  }
  void update(std::string_view json, const std::string& id) {
    auto updated = try_update(json, id);
    if (!updated) throw std::runtime_error(updated.error().diagnostics);
  }
  auto try_remove(std::string_view type, const std::string& id) {
    return repository_.write([&](interaction::Act& act) { return act.remove(fhir::find_resource_type(type), id); });
  }
  void remove(std::string_view type, const std::string& id) {
    auto removed = try_remove(type, id);
    if (!removed) throw std::runtime_error(removed.error().diagnostics);
  }
  template <class Job>
  void act(Job job) {
    auto done = repository_.write([&](interaction::Act& act) -> Result<void> { return job(act); });
    if (!done) throw std::runtime_error(done.error().diagnostics);
  }

  fhir::Tree read(std::string_view type, const std::string& id) {
    return resource(repository_.read(
        [&](const interaction::View& view) { return view.current(fhir::find_resource_type(type), id).value().bytes; }));
  }
  /// Every current resource of the type, oldest first.
  std::vector<fhir::Tree> all(std::string_view type) {
    return repository_.read([&](const interaction::View& view) {
      std::vector<fhir::Tree> found;
      storage::each_live(view, [&](fhir::TypeId stored, std::string_view bytes) {
        if (stored == fhir::find_resource_type(type)) found.push_back(resource(bytes));
      });
      return found;
    });
  }
  std::vector<storage::Measurement> measurements(const std::string& patient, std::string_view measure) {
    return repository_.read([&](const interaction::View& view) {
      return view.measurements(view.patient_key(patient), measure, *parse_instant("1900"), *parse_instant("2100"),
                               1000);
    });
  }

  std::vector<RedAlert> red_alerts;
  bool refuse_red_alert = false;

 private:
  static storage::Options options(const std::string& directory, std::atomic<std::int64_t>& now) {
    storage::Options options;
    options.directory = directory;
    options.readers = 2;
    options.clock = [&now] { return storage::Instant{std::chrono::microseconds(++now)}; };
    return varde::test::on_engine(options);
  }

  std::atomic<std::int64_t> now_{parse_instant("2026-11-22T08:00:00Z")->time_since_epoch().count()};
  std::string directory_;
  bool removes_;
  FollowUp followup_;
  storage::Database database_;
  interaction::Store store_;
  interaction::Repository repository_;
};

// --- what the tests write --------------------------------------------------------------------------------------------

inline std::string patient(std::string_view extra = "") {
  return R"({"resourceType":"Patient","name":[{"family":"Prøve","given":["Kari"]}])" + std::string(extra) + "}";
}
inline std::string enrolment(const std::string& patient_id, std::string_view status = "active") {
  return R"({"resourceType":"EpisodeOfCare","status":")" + std::string(status) +
         R"(","type":[{"coding":[{"system":"https://varde.example/fhir/CodeSystem/service-type","code":"DHO"}]}],)" +
         R"("patient":{"reference":"Patient/)" + patient_id + R"("},"period":{"start":"2026-10-01"}})";
}
inline std::string bound(std::string_view name, std::string_view value, std::string_view unit) {
  return R"(,{"url":")" + std::string(name) + R"(","valueQuantity":{"value":)" + std::string(value) +
         R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(unit) + R"("}})";
}
/// One limit extension; "" leaves a side open.
inline std::string limit(std::string_view zone, std::string_view low, std::string_view high, std::string_view unit,
                         std::string_view component = "") {
  std::string json =
      R"({"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":")" +
      std::string(zone) + R"("})";
  if (!low.empty()) json += bound("low", low, unit);
  if (!high.empty()) json += bound("high", high, unit);
  if (!component.empty())
    json += R"(,{"url":"component","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":")" +
            std::string(component) + R"("}]}})";
  return json + "]}";
}
inline std::string plan(const std::string& patient_id, std::string_view loinc, const std::vector<std::string>& limits,
                        std::string_view status = "active") {
  std::string extensions;
  for (const auto& each : limits) extensions += (extensions.empty() ? "" : ",") + each;
  return R"({"resourceType":"ServiceRequest",)" + (extensions.empty() ? "" : "\"extension\":[" + extensions + "],") +
         R"("status":")" + std::string(status) +
         R"(","intent":"plan","code":{"coding":[{"system":"http://loinc.org","code":")" + std::string(loinc) +
         R"("}]},"subject":{"reference":"Patient/)" + patient_id +
         R"("},"occurrenceTiming":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}})";
}
inline const std::vector<std::string> kSpO2Limits{limit("red", "", "85", "%"), limit("yellow", "85", "90", "%"),
                                                  limit("green", "90", "", "%")};

struct Reading {
  std::string loinc = "2708-6", value = "82", unit = "%", status = "final", time = "2026-11-22T07:30:00Z", extra = "";
  std::string subject = "";  ///< instead of the reference
};
inline std::string observation(const std::string& patient_id, const Reading& reading) {
  return R"({"resourceType":"Observation",)" + reading.extra + R"("status":")" + reading.status +
         R"(","code":{"coding":[{"system":"http://loinc.org","code":")" + reading.loinc + R"("}]},"subject":)" +
         (reading.subject.empty() ? R"({"reference":"Patient/)" + patient_id + "\"}" : reading.subject) +
         R"(,"effectiveDateTime":")" + reading.time + R"(","valueQuantity":{"value":)" + reading.value +
         R"(,"system":"http://unitsofmeasure.org","code":")" + reading.unit + R"("}})";
}

/// An enrolled patient with limits for SpO2.
class FollowUpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kari = world.create(patient());
    episode = world.create(enrolment(kari));
    spo2_plan = world.create(plan(kari, "2708-6", kSpO2Limits));
  }
  std::string measure(const Reading& reading) { return world.create(observation(kari, reading)); }
  std::string spo2(std::string_view value) { return measure({.value = std::string(value)}); }
  std::string level(const std::string& id) {
    const auto tree = world.read("Observation", id);
    const auto found = level_of(tree.root());
    return found ? std::string(code(*found)) : "none";
  }
  /// Tasks of one code, "status/priority", oldest first.
  std::vector<std::string> tasks(std::string_view task_code) {
    std::vector<std::string> found;
    for (const auto& tree : world.all("Task")) {
      const auto task = tree.root();
      if (task["code"]["coding"]["code"].value() == task_code)
        found.push_back(std::string(task["status"].value()) + "/" + std::string(task["priority"].value()));
    }
    return found;
  }
  using Words = std::vector<std::string>;

  World world;
  std::string kari, episode, spo2_plan;
};

}  // namespace varde::followup::test
