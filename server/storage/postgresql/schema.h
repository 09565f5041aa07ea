#pragma once
/// @file server/storage/postgresql/schema.h
/// Brings the schema that the connection stands in (search_path) to what this build knows, in one transaction. Throws
/// EngineError for one that a newer build has written, or that holds another program's tables.
#include "server/storage/sql.h"

namespace varde::storage::postgresql {

void apply_schema(sql::Connection& connection, Instant now);

}  // namespace varde::storage::postgresql
