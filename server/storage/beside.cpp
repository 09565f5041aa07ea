#include "server/storage/beside.h"

#include <filesystem>
#include <memory>

#include "server/storage/health.h"
#include "server/storage/keys.h"
#include "server/storage/postgresql/connection.h"
#include "server/storage/schema.h"
#include "server/storage/sqlite/connection.h"

namespace varde::storage {
namespace {

constexpr std::size_t kAtOnce = 500;
constexpr sql::Query kLiveBytes{
    "SELECT key, type, bytes FROM resource WHERE key > ?1 AND method <> 2 ORDER BY key LIMIT ?2"};
constexpr sql::Query kCountLive{"SELECT count(*) FROM resource WHERE method <> 2"};

std::unique_ptr<sql::Connection> open(const Options& options, Health& health) {
  if (!options.server.empty())
    return std::make_unique<postgresql::Connection>(options.server, postgresql::Access::read, health);
  const auto file = std::filesystem::path(options.directory) / "varde.db";
  if (!std::filesystem::exists(file)) throw EngineError("there is no store in " + options.directory);
  return std::make_unique<sqlite::Connection>(file.string(), sqlite::Access::read, health);
}

Allowance unbounded() {
  Allowance allowance;
  allowance.time = std::chrono::hours{24 * 365}, allowance.steps = UINT64_MAX, allowance.bytes = SIZE_MAX;
  return allowance;
}

}  // namespace

void read_beside(const Options& options, const std::function<void(const Snapshot&)>& reader) {
  Health health;
  const auto connection = open(options, health);
  connection->begin();
  check_known_schema(*connection, options.server.empty() ? "sqlite" : "postgresql");
  Budget budget(unbounded());
  reader(Snapshot(*connection, budget, options.zone));
  connection->commit();
}

void each_live(const Snapshot& snapshot, const std::function<void(fhir::TypeId, std::string_view bytes)>& visit) {
  auto last = ResourceKey::none;
  for (bool more = true; more;) {
    more = false;
    for (auto rows = snapshot.connection().query(kLiveBytes, last, kAtOnce); rows.next(); more = true) {
      last = rows.key<ResourceKey>(0);
      visit(type_of(rows.key<TypeKey>(1)), rows.text(2));
    }
  }
}

std::uint64_t count_live(const Snapshot& snapshot) {
  auto rows = snapshot.connection().query(kCountLive);
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

}  // namespace varde::storage
