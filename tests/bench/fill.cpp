// Fills a data directory with Observations, 1,000 a patient spread over 2025, by the server's own store and follow-up.
//   bench_fill DIR TOTAL [URL of a PostgreSQL database]
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "fhir-model/json/json.h"
#include "server/followup/followup.h"
#include "server/interaction/repository.h"
#include "server/storage/storage.h"

namespace {

constexpr int kPerPatient = 1000, kPerJob = 500;

varde::fhir::Tree parse(const std::string& json) {
  auto tree = varde::fhir::parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics);
  return std::move(*tree);
}

std::string observation(int patient, int n) {
  const int minute = n * (365 * 24 * 60 / kPerPatient);
  const auto day = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1) + std::chrono::days(minute / 1440);
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(day));
  return fmt::format(
      R"({{"resourceType":"Observation","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],)"
      R"("code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}]}},"subject":{{"reference":"Patient/bench-{}"}},)"
      R"("effectiveDateTime":"{:04}-{:02}-{:02}T{:02}:{:02}:00Z","valueQuantity":{{"value":{},"unit":"{}","system":"http://unitsofmeasure.org","code":"{}"}}}})",
      n % 2 ? "2708-6" : "8867-4", patient, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), minute / 60 % 24, minute % 60, n % 2 ? 92 + n % 8 : 55 + n % 40,
      n % 2 ? "%" : "/min", n % 2 ? "%" : "/min");
}

template <class T>
void require(const varde::Result<T>& result) {
  if (!result) throw std::runtime_error(result.error().diagnostics);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  const int total = std::atoi(argv[2]);
  varde::storage::Database database({.directory = argv[1], .server = argc == 4 ? argv[3] : ""});
  varde::interaction::Store store(varde::interaction::uuid_v7());
  varde::followup::FollowUp follow_up;
  store.add_effect(follow_up);
  const varde::interaction::Repository repository(database, store, varde::access::ourselves("bench"));
  const auto start = std::chrono::steady_clock::now();
  for (int done = 0; done < total; done += kPerJob)
    require(repository.write([&](varde::interaction::Act& act) -> varde::Result<void> {
      for (int i = done; i < done + kPerJob && i < total; ++i) {
        const int patient = i / kPerPatient;
        if (i % kPerPatient == 0) {
          auto tree = parse(R"({"resourceType":"Patient"})");
          require(act.create(tree.edit(), fmt::format("bench-{}", patient)));
        }
        auto tree = parse(observation(patient, i % kPerPatient));
        require(act.create(tree.edit()));
      }
      return {};
    }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::fprintf(stderr, "%d Observations stored in %.1f s (%.0f/s)\n", total, took.count(), total / took.count());
}
