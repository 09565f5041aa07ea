#include "server/storage/seen_settings.h"

#include <map>

#include "server/storage/sql.h"

namespace varde::storage::seen_settings {
namespace {

constexpr std::string_view kPrefix = "in-force/";
constexpr sql::Query kAll{"SELECT name, value FROM setting WHERE name >= 'in-force/' AND name < 'in-force0'"};
constexpr sql::Query kPut{
    "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

}  // namespace

std::vector<std::string> note(Transaction& transaction, const Digests& now) {
  std::map<std::string, std::int64_t> before;
  for (auto rows = transaction.connection().query(kAll); rows.next();)
    before.emplace(rows.string(0).substr(kPrefix.size()), rows.integer(1));
  std::vector<std::string> changed;
  for (const auto& [name, digest] : now) {
    const auto known = before.find(name);
    if (known != before.end() && known->second == digest) continue;
    const std::string row = std::string(kPrefix) + name;
    transaction.connection().run(kPut, std::string_view(row), digest);
    if (!before.empty()) changed.push_back(name);
  }
  return changed;
}

}  // namespace varde::storage::seen_settings
