#pragma once
/// @file server/storage/postgresql/handle.h
/// Owners of the handles of libpq. Source: https://www.postgresql.org/docs/15/libpq.html
#include <libpq-fe.h>

#include <memory>

#include "server/storage/closer.h"

namespace varde::storage::postgresql {

using ConnectionHandle = std::unique_ptr<PGconn, Closer<PQfinish>>;
using ResultHandle = std::unique_ptr<PGresult, Closer<PQclear>>;

}  // namespace varde::storage::postgresql
