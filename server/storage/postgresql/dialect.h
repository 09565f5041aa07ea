#pragma once
/// @file server/storage/postgresql/dialect.h
/// Our statements as PostgreSQL takes them: ?1 is $1, INDEXED BY goes (its planner is told by settings of the
/// connection), CROSS JOIN … ON is JOIN … ON, in the order as written.
#include <string>
#include <string_view>

namespace varde::storage::postgresql {

std::string in_dialect(std::string_view sql);

}  // namespace varde::storage::postgresql
