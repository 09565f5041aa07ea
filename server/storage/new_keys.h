#pragma once
/// @file server/storage/new_keys.h
/// The keys that new rows get: the writer counts them itself, so that no engine has to be asked for what it gave, and
/// an undone row leaves no gap. Threads: the writer's own.
#include <array>
#include <cstdint>

#include "server/storage/sql.h"

namespace varde::storage {

/// The tables whose rows are numbered.
enum class Counted : std::uint8_t { resource, patient, symbol, inbox, outbox, journal };

class NewKeys {
 public:
  std::int64_t next(sql::Connection& connection, Counted table);
  void committed() { uncommitted_ = false; }
  /// Something was undone: keys given since the last commit may be free again.
  void undone();
  void forget() { last_ = {}; }  ///< others may have given some

 private:
  std::array<std::int64_t, 6> last_{};  ///< by Counted; 0: to be looked up
  bool uncommitted_ = false;
};

}  // namespace varde::storage
