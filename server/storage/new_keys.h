#pragma once
/// @file server/storage/new_keys.h
/// The keys that new rows get: the writer counts them itself, so that no engine has to be asked for what it gave, and
/// an undone row leaves no gap. Where processes share a store, resources get theirs out of blocks that each takes for
/// itself: nobody waits for anybody's commit, and a patient's resources still ascend by creation, since a block is
/// taken when the patient's turn has begun. Threads: the writer's own.
#include <array>
#include <cstdint>

#include "server/storage/engine.h"
#include "server/storage/sql.h"

namespace varde::storage {

/// The tables whose rows are numbered.
enum class Counted : std::uint8_t { resource, patient, symbol, inbox, outbox, journal };

class NewKeys {
 public:
  /// `engine` outlives this.
  explicit NewKeys(Engine& engine) : engine_(engine) {}
  /// A turn has begun. `next`: of the next block; where others took one since ours, the rest of ours lies behind
  /// theirs.
  void begin(std::int64_t next_resource);
  std::int64_t next(sql::Connection& connection, Counted table);
  void committed() { uncommitted_ = false; }
  /// Something was undone: keys given since the last commit may be free again.
  void undone();
  void forget() { last_ = {}; }  ///< others may have given some

 private:
  std::int64_t next_of_block();

  Engine& engine_;
  std::int64_t free_ = 0, end_ = 0;     ///< of the block
  std::int64_t block_ = 0;              ///< how many it had
  std::array<std::int64_t, 6> last_{};  ///< by Counted; 0: to be looked up
  bool uncommitted_ = false;
};

}  // namespace varde::storage
