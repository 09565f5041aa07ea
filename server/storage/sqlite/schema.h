#pragma once
/// @file server/storage/sqlite/schema.h
/// Brings a database to the schema this build knows: applies the numbered files of schema/ that it lacks, all in one
/// transaction, and records them. Throws EngineError for a database that a newer build has written, or that is not
/// ours.
#include "server/storage/sql.h"

namespace varde::storage::sqlite {

void apply_schema(sql::Connection& connection, Instant now);

/// Whether it is one of ours, of a schema that this build knows. Throws EngineError with the reason.
void check_schema(sql::Connection& connection);

}  // namespace varde::storage::sqlite
