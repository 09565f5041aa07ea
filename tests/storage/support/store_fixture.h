#pragma once
/// A real database in a directory of its own, with a clock that the test sets.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "server/storage/storage.h"
#include "tests/support/engine.h"

namespace varde::storage::test {

/// A directory that goes away with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline Instant at(std::int64_t microseconds) { return Instant(std::chrono::microseconds(microseconds)); }
fhir::TypeId type(std::string_view name);

class Store : public ::testing::Test {
 protected:
  Store() { open(); }
  void open() { database = std::make_unique<Database>(options()); }
  void reopen() { database.reset(), open(); }
  Options options() {
    return varde::test::on_engine(
        {.directory = directory.path() + "/data", .readers = 4, .clock = [this] { return at(clock.load()); }});
  }

  /// Stores the next version of Type/id with these index rows; the bytes say which version it is.
  Version put(std::string_view type_name, const std::string& id, const IndexRows& rows = {},
              Method method = Method::update, const std::string& patient = {});
  std::optional<Version> current(std::string_view type_name, const std::string& id);
  /// A write that succeeds.
  void write(const std::function<void(Transaction&)>& job);

  TemporaryDirectory directory;
  std::atomic<std::int64_t> clock = 1'700'000'000'000'000;
  std::unique_ptr<Database> database;
};

/// The same, inside a transaction the caller has.
Version put_in(Transaction& transaction, std::string_view type_name, const std::string& id, const IndexRows& rows = {},
               Method method = Method::update, const std::string& patient = {});

}  // namespace varde::storage::test
