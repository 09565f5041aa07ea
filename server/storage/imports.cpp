#include "server/storage/imports.h"

#include "server/storage/sql.h"

namespace varde::storage::imports {
namespace {

constexpr sql::Query kGet{"SELECT value FROM setting WHERE name = ?1"};
constexpr sql::Query kPut{
    "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

std::string name_of(std::string_view file) { return std::string("import/").append(file); }

}  // namespace

// A file that is finished is a negative number of lines, less one.
ImportState get(const Snapshot& snapshot, std::string_view file) {
  const std::string name = name_of(file);
  auto rows = snapshot.connection().query(kGet, std::string_view(name));
  if (!rows.next()) return {};
  const std::int64_t value = rows.integer(0);
  return {static_cast<std::uint64_t>(value < 0 ? -value - 1 : value), value < 0};
}

void put(Transaction& transaction, std::string_view file, const ImportState& state) {
  const auto lines = static_cast<std::int64_t>(state.lines);
  const std::string name = name_of(file);
  transaction.connection().run(kPut, std::string_view(name), state.finished ? -lines - 1 : lines);
}

}  // namespace varde::storage::imports
