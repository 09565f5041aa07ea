#include "server/storage/sqlite/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "server/storage/embedded.h"
#include "server/storage/keys.h"

namespace varde::storage::sqlite {
namespace {

struct SchemaFile {
  std::int64_t number;
  std::string_view name, sql;
};

constexpr std::int64_t kApplicationId = 0x56415244;  // "VARD", https://www.sqlite.org/fileformat2.html#application_id
constexpr sql::Query kReadApplicationId{"PRAGMA application_id"};
constexpr sql::Query kCountTables{"SELECT count(*) FROM sqlite_schema"};
constexpr sql::Query kNewest{"SELECT coalesce(max(number), 0) FROM schema_version"};
constexpr sql::Query kRecord{"INSERT INTO schema_version (number, name, applied) VALUES (?1, ?2, ?3)"};
constexpr sql::Query kAddType{"INSERT OR IGNORE INTO resource_type (key, name) VALUES (?1, ?2)"};
constexpr sql::Query kTypeName{"SELECT name FROM resource_type WHERE key = ?1"};

/// Files are named NNN-what.sql.
std::vector<SchemaFile> schema_files() {
  std::vector<SchemaFile> files;
  for (const auto& file : embedded::server_storage::files()) {
    const auto name = file.path.substr(file.path.rfind('/') + 1);
    std::int64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    files.push_back({number, name, file.content});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return files;
}

std::int64_t one_number(sql::Connection& connection, const sql::Query& query) {
  auto rows = connection.query(query);
  return rows.next() ? rows.integer(0) : 0;
}

void claim_file(sql::Connection& connection) {
  const auto application = one_number(connection, kReadApplicationId);
  if (application == kApplicationId) return;
  if (application != 0 || one_number(connection, kCountTables) != 0)
    throw EngineError("varde.db is a database of another program; choose another data directory");
  connection.script(fmt::format("PRAGMA application_id = {}", kApplicationId));
  connection.script(
      "CREATE TABLE schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL) STRICT");
}

/// The number of the newest file that it has; one that we know.
std::int64_t known_schema(sql::Connection& connection, std::int64_t newest_known) {
  const auto newest = one_number(connection, kNewest);
  if (newest > newest_known)
    throw EngineError(
        fmt::format("varde.db was written by a newer Varde (schema {}, this one knows {}); use that version or "
                    "restore a backup",
                    newest, newest_known));
  return newest;
}

void apply_missing_files(sql::Connection& connection, Instant now) {
  const auto files = schema_files();
  const auto newest = known_schema(connection, files.back().number);
  for (const auto& file : files) {
    if (file.number <= newest) continue;
    connection.script(std::string(file.sql));
    connection.run(kRecord, file.number, file.name, now);
  }
}

/// Also the guard against two types with one key: the name that stands there must be the type's own.
void name_types(sql::Connection& connection) {
  for (const auto& type : fhir::types()) {
    if (type.kind != fhir::TypeKind::resource) continue;
    const auto key = type_key(type.name);
    connection.run(kAddType, key, type.name);
    auto rows = connection.query(kTypeName, key);
    if (!rows.next() || rows.text(0) != type.name)
      throw EngineError(fmt::format("resource type {} has the storage key of another type", type.name));
  }
}

}  // namespace

void check_schema(sql::Connection& connection) {
  if (one_number(connection, kReadApplicationId) != kApplicationId)
    throw EngineError("this is not a database of Varde");
  known_schema(connection, schema_files().back().number);
}

void apply_schema(sql::Connection& connection, Instant now) {
  connection.script("BEGIN IMMEDIATE");
  try {
    claim_file(connection);
    apply_missing_files(connection, now);
    name_types(connection);
    connection.script("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.script("ROLLBACK");
    throw;
  }
}

}  // namespace varde::storage::sqlite
