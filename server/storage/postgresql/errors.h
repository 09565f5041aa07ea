#pragma once
/// @file server/storage/postgresql/errors.h
/// What the server complains of, as our Trouble. Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
#include <string>
#include <string_view>

#include "server/storage/storage.h"

namespace varde::storage::postgresql {

Trouble trouble_of(std::string_view sqlstate);
/// A mistake of ours in one job, a value that cannot be, or the end of a budget: no state of the store.
bool is_of_one_statement(std::string_view sqlstate);
/// Of what the server says the first line; details that follow it may hold values. nullptr is nothing.
std::string first_line(const char* text);

}  // namespace varde::storage::postgresql
