#pragma once
/// @file server/storage/postgresql/spread.h
/// How each table is spread over the nodes of a PostgreSQL with Citus: one row a table, and no table without one (a
/// test counts). Source: https://docs.citusdata.com/en/stable/develop/api_udf.html
/// Faults: none; a server without Citus, or one that a varde process uses, throws EngineError.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::postgresql {

enum class Spread : std::uint8_t {
  by_patient,  ///< with all else that is that patient's; what is nobody's by its own key (whose.h)
  by_id,       ///< of what it tells
  on_all,      ///< every node has all of it: few rows that change seldom, which others are joined with
  not_at_all,  ///< on the node that varde speaks with: the process' own, and messages before anybody knows whose
};
struct SpreadRow {
  std::string_view table;
  Spread by;
};
std::span<const SpreadRow> spread_rows();

/// Spreads what is not spread yet, in one transaction, and says which tables that were. Makes the tables where there
/// are none. Needs options.clock.
std::vector<std::string> spread(const Options& options);

}  // namespace varde::storage::postgresql
