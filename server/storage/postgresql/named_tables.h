#pragma once
/// @file server/storage/postgresql/named_tables.h
/// The tables that a statement of ours names, to read or to write. Pure; safe from any thread.
#include <string>
#include <string_view>
#include <vector>

namespace varde::storage::postgresql {

/// By the words behind FROM, JOIN, INTO and UPDATE, and behind the commas of a FROM; what is no table among them does
/// no harm. Each once.
std::vector<std::string> tables_of(std::string_view sql);

}  // namespace varde::storage::postgresql
