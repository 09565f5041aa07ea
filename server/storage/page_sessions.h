#pragma once
/// @file server/storage/page_sessions.h
/// Logins of our own pages (access/page_login.h), which every process on the store knows. No patient's: their writes
/// hold up nobody else's, but for the first of them all, which tells the clock.
#include <optional>
#include <string>
#include <string_view>

#include "server/storage/due.h"
#include "server/storage/storage.h"

namespace varde::storage::page_sessions {

struct Row {
  std::string key;     ///< 32 bytes, a digest of what the browser holds
  std::string sealed;  ///< who it is; nobody here can read it
  Instant begun{}, used{}, ends{};
  std::string subject, of_issuer;  ///< 32 bytes each, digests; empty where the issuer has no word for it
};

/// Faults: none. Reaches everything.
void put(Transaction&, const Row& row);
std::optional<Row> find(const Snapshot&, std::string_view key);
// These reach nothing but sessions (Reach{false}).
void set_used(Transaction&, std::string_view key, Instant used, Instant ends);  ///< unless it was used since
void remove(Transaction&, std::string_view key);
/// Those of that login and subject; an empty digest is any.
void remove_of(Transaction&, std::string_view subject, std::string_view of_issuer);

/// Of the clock: forgets those that have ended, and puts the row that is due at the time of the next, if there is one.
void sweep(Transaction&, const DueRow& due);

}  // namespace varde::storage::page_sessions
