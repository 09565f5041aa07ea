#pragma once
/// @file server/storage/journal.h
/// Journal entries in the order in which they were committed, a row for each version of one, and how far each receiver
/// has come. Rows are never changed nor removed, so what a receiver has not acknowledged is there after any stop.
/// Which Compositions are journal entries is decided by server/followup/journal.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::journal {

struct Row {
  std::int64_t number = 0;  ///< ascending from 1, without gaps
  PatientKey patient{};
  ResourceKey composition{};
  std::int64_t version = 0;
};

void put(Transaction&, PatientKey patient, ResourceKey composition, std::int64_t version);
/// Those behind that number, in order; at most `count`.
std::vector<Row> after(const Snapshot&, std::int64_t number, std::size_t count);
std::int64_t newest(const Snapshot&);  ///< 0: none yet

/// nullopt: nobody of that name has acknowledged anything.
std::optional<std::int64_t> acknowledged(const Snapshot&, std::string_view receiver);
void acknowledge(Transaction&, std::string_view receiver, std::int64_t number);
std::size_t receivers(const Snapshot&);

}  // namespace varde::storage::journal
