#pragma once
/// @file server/storage/sqlite/handle.h
/// Owners of the handles of sqlite3's C interface.
#include <sqlite3.h>

#include <memory>

#include "server/storage/closer.h"

namespace varde::storage::sqlite {

using DatabaseHandle = std::unique_ptr<sqlite3, Closer<sqlite3_close_v2>>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, Closer<sqlite3_finalize>>;

}  // namespace varde::storage::sqlite
