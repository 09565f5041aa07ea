#pragma once
/// Which engine the tests of this process run on: SQLite, or where VARDE_TEST_POSTGRESQL names a file with the URL of a
/// server (tests/support/postgresql), PostgreSQL.
#include <string>

#include "server/storage/sql.h"
#include "server/storage/storage.h"

namespace varde::test {

bool is_on_postgresql();
/// Whether that server has Citus: each store's tables are spread then (tests/support/citus).
bool is_on_citus();
/// The same store for the same directory: on PostgreSQL a schema of its own, which goes when the process ends.
storage::Options on_engine(storage::Options options);
/// As in Options::server: of that directory's store on the server at `url`.
std::string server_url(const std::string& url, const std::string& directory);

/// Nothing of that directory's store is left.
void forget_store(const std::string& directory);

/// What the engine says of how it goes about a statement.
std::string plan_of(storage::sql::Connection& connection, const std::string& sql);
/// Whether that is a walk along indexes: nothing read whole, nothing sorted, nothing put beside for later.
bool is_walk(const std::string& plan);

}  // namespace varde::test
