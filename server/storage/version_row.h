#pragma once
/// @file server/storage/version_row.h
/// A version as a row of eight columns: key, patient, type, id, version, updated, method, bytes.
#include "server/storage/keys.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"
#include "server/storage/whose.h"

namespace varde::storage {

inline Version read_version(const sql::Rows& row) {
  return {.key = row.key<ResourceKey>(0),
          .patient = whose_of_row(row.integer(1)),
          .type = type_of(row.key<TypeKey>(2)),
          .id = row.string(3),
          .version = row.integer(4),
          .updated = row.instant(5),
          .method = row.key<Method>(6),
          .bytes = row.string(7)};
}

}  // namespace varde::storage
