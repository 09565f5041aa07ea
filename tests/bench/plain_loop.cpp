// Floor of the write benchmarks: a plain loop of prepared statements writes the very rows that the server wrote for its
// Observations, with the same commit size, into a fresh database with the same schema and the same durability.
//   bench_plain_loop VARDE_DB SCRATCH_DB COMMIT_SIZE MOST_RESOURCES      prints resources per second
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/storage/index_entries.h"

namespace {

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Db = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

void check(bool ok, sqlite3* db) {
  if (!ok) throw std::runtime_error(sqlite3_errmsg(db));
}
Db open(const std::string& path) {
  sqlite3* db = nullptr;
  const bool ok = sqlite3_open(path.c_str(), &db) == SQLITE_OK;
  Db owned(db);
  check(ok, db);
  return owned;
}
void run(sqlite3* db, const std::string& sql) {
  check(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, db);
}
Statement prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK, db);
  return Statement(statement);
}

struct ValueFree {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using Row = std::vector<std::unique_ptr<sqlite3_value, ValueFree>>;

struct Table {
  std::string name, key_column;  ///< the column that holds resource.key
  int columns = 0;
  std::map<long long, std::vector<Row>> rows = {};  ///< by resource
};

/// Every row of `table` that belongs to one of the newest Observations.
void load(sqlite3* db, Table& table, const std::string& resources) {
  auto select = prepare(db, "SELECT " + table.key_column + ", * FROM " + table.name + " WHERE " + table.key_column +
                                " IN (" + resources + ")");
  table.columns = sqlite3_column_count(select.get()) - 1;
  while (sqlite3_step(select.get()) == SQLITE_ROW) {
    Row row;
    for (int c = 0; c < table.columns; ++c)
      row.emplace_back(sqlite3_value_dup(sqlite3_column_value(select.get(), c + 1)));
    table.rows[sqlite3_column_int64(select.get(), 0)].push_back(std::move(row));
  }
}

/// The full text keeps no text: what went in is read from the index entries.
void load_words(sqlite3* db, Table& table, const std::string& resources) {
  using namespace varde::storage;
  table.columns = 2;
  auto select = prepare(db, "SELECT key, entries FROM resource WHERE key IN (" + resources + ")");
  // Each row goes through a statement, which makes values of what it is given.
  auto values = prepare(db, "SELECT ?1, ?2");
  while (sqlite3_step(select.get()) == SQLITE_ROW) {
    std::string terms;
    std::string_view rest(static_cast<const char*>(sqlite3_column_blob(select.get(), 1)),
                          static_cast<std::size_t>(sqlite3_column_bytes(select.get(), 1)));
    while (!rest.empty())
      if (const IndexEntry entry = take_entry(rest); entry.kind == EntryKind::words)
        each_word(entry, [&](const IndexEntry& word) { terms += word_term(word.parameter, word.text) + " "; });
    if (terms.empty()) continue;
    const auto key = sqlite3_column_int64(select.get(), 0);
    sqlite3_bind_int64(values.get(), 1, key);
    sqlite3_bind_text(values.get(), 2, terms.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_step(values.get());
    Row row;
    for (int c = 0; c < 2; ++c) row.emplace_back(sqlite3_value_dup(sqlite3_column_value(values.get(), c)));
    table.rows[key].push_back(std::move(row));
    sqlite3_reset(values.get());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const long commit_size = std::atol(argv[3]);
  const auto source = open(argv[1]);
  std::filesystem::remove(argv[2]);
  const auto scratch = open(argv[2]);
  run(scratch.get(),
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8000");
  for (auto schema = prepare(source.get(),
                             "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                             "AND name NOT LIKE 'full_text_%' ORDER BY type = 'view', rowid");
       sqlite3_step(schema.get()) == SQLITE_ROW;)
    run(scratch.get(), reinterpret_cast<const char*>(sqlite3_column_text(schema.get(), 0)));

  const std::string newest =
      "SELECT r.key FROM resource r JOIN resource_type t ON t.key = r.type WHERE t.name = 'Observation' "
      "ORDER BY r.key DESC LIMIT " +
      std::string(argv[4]);
  std::vector<Table> tables;
  tables.push_back({"resource", "key"});
  for (const auto name : {"token", "reference", "date", "string", "uri", "number", "measurement", "observed"})
    tables.push_back({name, "resource"});
  tables.push_back({"full_text (rowid, terms)", "rowid"});
  std::vector<Statement> inserts;
  for (Table& table : tables) {
    &table == &tables.back() ? load_words(source.get(), table, newest) : load(source.get(), table, newest);
    std::string marks = "?";
    for (int c = 1; c < table.columns; ++c) marks += ",?";
    inserts.push_back(prepare(scratch.get(), "INSERT INTO " + table.name + " VALUES (" + marks + ")"));
  }

  const auto start = std::chrono::steady_clock::now();
  long written = 0;
  for (const auto& [key, own] : tables.front().rows) {
    if (written % commit_size == 0) run(scratch.get(), written ? "COMMIT; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE");
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const auto found = tables[t].rows.find(key);
      if (found == tables[t].rows.end()) continue;
      for (const Row& row : found->second) {
        for (int c = 0; c < tables[t].columns; ++c) sqlite3_bind_value(inserts[t].get(), c + 1, row[c].get());
        check(sqlite3_step(inserts[t].get()) == SQLITE_DONE, scratch.get());
        sqlite3_reset(inserts[t].get());
      }
    }
    ++written;
  }
  run(scratch.get(), "COMMIT");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.1f\n", written / took.count());
}
