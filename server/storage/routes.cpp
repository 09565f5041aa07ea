#include "server/storage/routes.h"

#include "server/storage/sql.h"

namespace varde::storage::routes {
namespace {

constexpr sql::Query kGet{"SELECT failures, failing_since FROM route WHERE name = ?1"};
constexpr sql::Query kPut{
    "INSERT INTO route (name, failures, failing_since) VALUES (?1, 1, ?2) "
    "ON CONFLICT (name) DO UPDATE SET failures = route.failures + 1"};
constexpr sql::Query kRemove{"DELETE FROM route WHERE name = ?1"};

}  // namespace

RouteFailures failures(const Snapshot& snapshot, std::string_view route) {
  auto rows = snapshot.connection().query(kGet, route);
  return rows.next() ? RouteFailures{rows.integer(0), rows.instant(1)} : RouteFailures{};
}

RouteFailures failed(Transaction& transaction, std::string_view route) {
  transaction.connection().run(kPut, route, transaction.now());
  return failures(transaction, route);
}

RouteFailures recovered(Transaction& transaction, std::string_view route) {
  const auto before = failures(transaction, route);
  if (before.count > 0) transaction.connection().run(kRemove, route);
  return before;
}

}  // namespace varde::storage::routes
