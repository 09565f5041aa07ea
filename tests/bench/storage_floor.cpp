// What the storage room adds to the engine: Observations written through Database against a plain loop of prepared
// statements that writes the same rows with the same commit size, both into fresh databases on the same disk.
//   bench_storage_floor DIRECTORY [RESOURCES]      prints name, resources per second, floor, ratio
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/storage.h"

namespace {

using namespace varde;
using namespace varde::storage;
using SteadyClock = std::chrono::steady_clock;

constexpr int kPatients = 1000;

/// One Observation as the interaction room would hand it over.
struct Sample {
  std::string id, patient_id, bytes;
  PatientKey patient{};
  Instant time{};
  IndexRows rows;
};

std::string text_id(long number) {
  char text[64];
  std::snprintf(text, sizeof text, "0192f5a0-7c3e-7%03lx-8000-%012lx", number & 0xfff, number);
  return text;
}

Sample sample(long number) {
  Sample made;
  made.id = text_id(number);
  made.patient_id = text_id(number * 7919 % kPatients);
  made.patient = PatientKey{number * 7919 % kPatients + 1};
  made.time = Instant(std::chrono::microseconds(1'700'000'000'000'000 + number * 60'000'000));
  made.bytes = R"({"resourceType":"Observation","id":")" + made.id + R"(","status":"final","note":")" +
               std::string(900, 'x') + "\"}";
  const auto parameter = [](std::string_view code) { return parameter_key("Observation", code); };
  made.rows.tokens = {
      {parameter("status"), "http://hl7.org/fhir/observation-status", "final"},
      {parameter("category"), "http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs"},
      {parameter("code"), "http://loinc.org", "2708-6"},
      {parameter("combo-code"), "http://loinc.org", "2708-6"}};
  const auto patient = fhir::find_resource_type("Patient");
  made.rows.references = {{parameter("subject"), patient, made.patient_id},
                          {parameter("patient"), patient, made.patient_id}};
  made.rows.dates = {{parameter("date"), made.time, made.time + std::chrono::seconds(1)}};
  return made;
}

void put(Transaction& transaction, const Sample& from) {
  static const auto kObservation = fhir::find_resource_type("Observation");
  const auto patient = transaction.claim_patient(from.patient_id);
  const auto key = transaction.put({.patient = patient,
                                    .type = kObservation,
                                    .id = from.id,
                                    .version = 1,
                                    .updated = transaction.now(),
                                    .bytes = from.bytes},
                                   from.rows);
  transaction.put_measurement({.patient = patient,
                               .measure = "http://loinc.org|2708-6",
                               .time = from.time,
                               .observation = key,
                               .value = 95,
                               .unit = "%",
                               .zone = 'g'});
}

double per_second(long count, SteadyClock::time_point start) {
  return static_cast<double>(count) / std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// Each of `clients` waits for its own write before the next: jobs of `each` Observations.
double through_database(const std::string& directory, const std::vector<Sample>& samples, int clients, long each) {
  std::filesystem::remove_all(directory);
  Database database({.directory = directory, .readers = 1});
  std::atomic<long> next = 0;
  const auto total = static_cast<long>(samples.size());
  const auto start = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (int client = 0; client < clients; ++client)
      threads.emplace_back([&] {
        for (long first; (first = next.fetch_add(each)) < total;)
          database.write([&](Transaction& transaction) -> Result<void> {
            for (long i = first; i < std::min(first + each, total); ++i) put(transaction, samples[i]);
            return {};
          });
      });
  }
  return per_second(total, start);
}

struct Plain {
  explicit Plain(sqlite3* database, const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    handle.reset(prepared);
  }
  Plain& number(int at, std::int64_t value) { return sqlite3_bind_int64(handle.get(), at, value), *this; }
  Plain& real(int at, double value) { return sqlite3_bind_double(handle.get(), at, value), *this; }
  Plain& text(int at, std::string_view value) {
    sqlite3_bind_text(handle.get(), at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    return *this;
  }
  Plain& blob(int at, std::string_view value) {
    sqlite3_bind_blob(handle.get(), at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    return *this;
  }
  void run() {
    if (sqlite3_step(handle.get()) != SQLITE_DONE) std::abort();
    sqlite3_reset(handle.get());
  }
  sqlite::StatementHandle handle;
};

double plain_loop(const std::string& directory, const std::vector<Sample>& samples, long commit_size) {
  std::filesystem::remove_all(directory);
  { const Database made({.directory = directory, .readers = 1}); }  // the same schema
  sqlite3* opened = nullptr;
  sqlite3_open((directory + "/varde.db").c_str(), &opened);
  const sqlite::DatabaseHandle owned(opened);
  sqlite3_exec(opened,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
               "PRAGMA wal_autocheckpoint=8000; PRAGMA temp_store=MEMORY",
               nullptr, nullptr, nullptr);
  // clang-format off
  Plain begin(opened, "BEGIN IMMEDIATE"), commit(opened, "COMMIT");
  Plain resource(opened, "INSERT INTO resource (patient, type, id, version, updated, method, entries, bytes) VALUES (?,?,?,1,?,0,?,?)");
  Plain token(opened, "INSERT INTO token VALUES (?,?,?,?,?)");
  Plain reference(opened, "INSERT INTO reference VALUES (?,?,?,?,?)");
  Plain date(opened, "INSERT INTO date VALUES (?,?,?,?,?)");
  Plain measurement(opened, "INSERT INTO measurement VALUES (?,1,?,?,0,?,2,103,1)");
  // clang-format on
  const std::string entries(180, 'e');
  const auto total = static_cast<long>(samples.size());
  const auto observation = static_cast<std::int64_t>(type_key("Observation"));
  const auto start = SteadyClock::now();
  for (long i = 0; i < total; ++i) {
    if (i % commit_size == 0) begin.run();
    const auto& from = samples[i];
    const auto patient = static_cast<std::int64_t>(from.patient);
    const auto time = from.time.time_since_epoch().count();
    resource.number(1, patient)
        .number(2, observation)
        .text(3, from.id)
        .number(4, time)
        .blob(5, entries)
        .text(6, from.bytes)
        .run();
    const auto key = sqlite3_last_insert_rowid(opened);
    const auto parameter = [](auto row) { return std::int64_t{static_cast<std::int32_t>(row.parameter)}; };
    for (std::size_t t = 0; t < from.rows.tokens.size(); ++t) {
      const auto& row = from.rows.tokens[t];
      token.number(1, parameter(row)).text(2, row.code).number(3, patient).number(4, key).number(5, t + 1).run();
    }
    for (const auto& row : from.rows.references)
      reference.number(1, parameter(row))
          .number(2, static_cast<std::int64_t>(type_key(row.type)))
          .text(3, row.id)
          .number(4, patient)
          .number(5, key)
          .run();
    for (const auto& row : from.rows.dates)
      date.number(1, parameter(row))
          .number(2, patient)
          .number(3, row.begin.time_since_epoch().count())
          .number(4, row.end.time_since_epoch().count())
          .number(5, key)
          .run();
    measurement.number(1, patient).number(2, time).number(3, key).real(4, 95).run();
    if (i % commit_size == commit_size - 1 || i + 1 == total) commit.run();
  }
  return per_second(total, start);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("bench_storage_floor DIRECTORY [RESOURCES]\n", stderr), 2;
  const auto directory = std::string(argv[1]) + "/storage-floor";
  const long count = argc > 2 ? std::atol(argv[2]) : 20'000;
  std::vector<Sample> samples;
  for (long i = 0; i < count; ++i) samples.push_back(sample(i));
  const std::vector<Sample> few(samples.begin(), samples.begin() + count / 40);  // every one waits for the disk

  struct Case {
    const char* name;
    const std::vector<Sample>& samples;
    int clients;
    long each, floor_commit_size;
  };
  const Case cases[]{{"one client, one Observation each", few, 1, 1, 1},
                     {"16 clients, one Observation each", samples, 16, 1, 16},
                     {"one client, 100 Observations each", samples, 1, 100, 100},
                     {"4 clients, 100 Observations each", samples, 4, 100, 100}};
  for (const auto& c : cases) {
    const auto floor = plain_loop(directory, c.samples, c.floor_commit_size);
    const auto ours = through_database(directory, c.samples, c.clients, c.each);
    std::printf("%-36s %8.0f/s  floor %8.0f/s  ratio %.2f\n", c.name, ours, floor, ours / floor);
    std::fflush(stdout);
  }
  std::filesystem::remove_all(directory);
}
