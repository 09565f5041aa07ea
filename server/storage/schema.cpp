#include "server/storage/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/storage/embedded.h"
#include "server/storage/keys.h"

namespace varde::storage {
namespace {

struct SchemaFile {
  std::int64_t number;
  std::string_view name, sql;
};

constexpr sql::Query kNewest{"SELECT coalesce(max(number), 0) FROM schema_version"};
constexpr sql::Query kIsApplied{"SELECT 1 FROM schema_version WHERE number = ?1"};
constexpr sql::Query kRecord{"INSERT INTO schema_version (number, name, applied) VALUES (?1, ?2, ?3)"};
constexpr sql::Query kAddType{"INSERT INTO resource_type (key, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
constexpr sql::Query kTypeNames{"SELECT key, name FROM resource_type"};

/// Files are named NNN-what.sql.
std::vector<SchemaFile> schema_files(std::string_view engine) {
  std::vector<SchemaFile> files;
  for (const auto& file : embedded::server_storage::files()) {
    if (!file.path.starts_with(engine)) continue;
    const auto name = file.path.substr(file.path.rfind('/') + 1);
    std::int64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    files.push_back({number, name, file.content});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return files;
}

/// Also the guard against two types with one key: the name that stands there must be the type's own.
void name_types(sql::Connection& connection) {
  for (const auto& type : fhir::types())
    if (type.kind == fhir::TypeKind::resource) connection.run_later(kAddType, type_key(type.name), type.name);
  std::unordered_map<TypeKey, std::string> names;
  for (auto rows = connection.query(kTypeNames); rows.next();) names.emplace(rows.key<TypeKey>(0), rows.string(1));
  for (const auto& type : fhir::types())
    if (type.kind == fhir::TypeKind::resource && names[type_key(type.name)] != type.name)
      throw EngineError(fmt::format("resource type {} has the storage key of another type", type.name));
}

}  // namespace

void check_known_schema(sql::Connection& connection, std::string_view engine) {
  const auto newest_known = schema_files(engine).back().number;
  auto rows = connection.query(kNewest);
  const auto newest = rows.next() ? rows.integer(0) : 0;
  if (newest > newest_known)
    throw EngineError(fmt::format(
        "the store was written by a newer Varde (schema {}, this one knows {}); use that version or restore a backup",
        newest, newest_known));
}

void apply_schema_files(sql::Connection& connection, std::string_view engine, Instant now) {
  check_known_schema(connection, engine);
  for (const auto& file : schema_files(engine)) {
    if (connection.query(kIsApplied, file.number).next()) continue;
    connection.script(std::string(file.sql));
    connection.run(kRecord, file.number, file.name, now);
  }
  name_types(connection);
}

}  // namespace varde::storage
