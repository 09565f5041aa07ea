#include "tests/support/engine.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/spread.h"

namespace varde::test {
namespace {

namespace pg = storage::postgresql;

std::string url_in(const char* file) {
  std::string url;
  std::getline(std::ifstream(file), url);
  if (url.empty()) throw std::runtime_error(std::string("no server's URL in ") + file);
  return url;
}

std::string schema_of(const std::string& directory) {
  return "t" + std::to_string(std::hash<std::string>{}(directory));
}

void run(const std::string& url, const std::string& sql) {
  storage::Health health;
  pg::Connection(url, pg::Access::read, health).script(sql);
}

/// The schemas that this process has made, until it ends; a child that was forked leaves them alone.
class Schemas {
 public:
  explicit Schemas(std::string url) : url_(std::move(url)) {}
  ~Schemas() {
    if (::getpid() != process_) return;
    std::string sql = "SET client_min_messages = error";
    for (const auto& schema : made_) sql += "; DROP SCHEMA IF EXISTS " + schema + " CASCADE";
    try {
      run(url_, sql);
    } catch (const storage::EngineError&) {
      // The server goes, too, when the tests have ended.
    }
  }
  const std::string& url() const { return url_; }
  /// Whether it had not been made.
  bool make(const std::string& schema) {
    if (!made_.insert(schema).second) return false;
    run(url_, "CREATE SCHEMA IF NOT EXISTS " + schema);
    return true;
  }

 private:
  const std::string url_;
  const pid_t process_ = ::getpid();
  std::set<std::string> made_;
};

}  // namespace

bool is_on_citus() { return std::getenv("VARDE_TEST_CITUS") != nullptr; }

bool is_on_postgresql() { return std::getenv("VARDE_TEST_POSTGRESQL") != nullptr; }

std::string server_url(const std::string& url, const std::string& directory) {
  return url + "&options=-csearch_path%3D" + schema_of(directory);
}

storage::Options on_engine(storage::Options options) {
  const char* file = std::getenv("VARDE_TEST_POSTGRESQL");
  if (!file) return options;
  static Schemas schemas(url_in(file));
  const bool is_new = schemas.make(schema_of(options.directory));
  options.server = server_url(schemas.url(), options.directory);
  if (is_new && is_on_citus()) {
    auto spreading = options;
    if (!spreading.clock) spreading.clock = [] { return storage::Instant{}; };
    pg::spread(spreading);
  }
  return options;
}

void forget_store(const std::string& directory) {
  const char* file = std::getenv("VARDE_TEST_POSTGRESQL");
  if (!file) return;
  const std::string schema = schema_of(directory);
  run(url_in(file), "SET client_min_messages = error; DROP SCHEMA " + schema + " CASCADE; CREATE SCHEMA " + schema);
}

std::string plan_of(storage::sql::Connection& connection, const std::string& sql) {
  std::string plan;
  if (!is_on_postgresql()) {
    for (auto rows = connection.query("EXPLAIN QUERY PLAN " + sql); rows.next();) plan += rows.string(3) + "\n";
    return plan;
  }
  int parameters = 0;
  while (sql.find("?" + std::to_string(parameters + 1)) != std::string::npos) ++parameters;
  std::string values;
  for (int i = 0; i < parameters; ++i) values += i == 0 ? "(NULL" : ", NULL";
  connection.run("PREPARE explained AS " + sql);
  for (auto rows = connection.query("EXPLAIN EXECUTE explained" + values + (values.empty() ? "" : ")")); rows.next();)
    plan += rows.string(0) + "\n";
  connection.run(std::string("DEALLOCATE explained"));
  return plan;
}

bool is_walk(const std::string& plan) {
  for (const char* other : {"SCAN", "TEMP B-TREE", "Seq Scan", "Sort", "Hash", "Merge", "Materialize", "Bitmap"})
    if (plan.find(other) != std::string::npos) return false;
  return plan.find(is_on_postgresql() ? "Index" : "SEARCH") != std::string::npos;
}

}  // namespace varde::test
