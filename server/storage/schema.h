#pragma once
/// @file server/storage/schema.h
/// What the engines' schemas have in common: numbered files NNN-what.sql, applied once each and recorded in the table
/// schema_version, which the engine makes. Faults: none; a store of a newer Varde throws EngineError.
#include <string_view>

#include "server/storage/sql.h"

namespace varde::storage {

/// Throws EngineError for a store that a newer build has written. `engine`: the folder, "sqlite".
void check_known_schema(sql::Connection& connection, std::string_view engine);
/// Within the transaction that is open: applies the files that it lacks, and names the resource types.
void apply_schema_files(sql::Connection& connection, std::string_view engine, Instant now);

}  // namespace varde::storage
