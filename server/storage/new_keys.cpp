#include "server/storage/new_keys.h"

#include <algorithm>

namespace varde::storage {
namespace {

constexpr std::int64_t kSmallestBlock = 64, kLargestBlock = 8192;

constexpr std::array kNewest{
    sql::Query{"SELECT coalesce(max(key), 0) FROM resource"},
    sql::Query{"SELECT coalesce(max(key), 0) FROM patient"},
    sql::Query{"SELECT coalesce(max(key), 0) FROM symbol"},
    sql::Query{"SELECT coalesce(max(id), 0) FROM inbox"},
    sql::Query{"SELECT coalesce(max(id), 0) FROM outbox"},
    sql::Query{"SELECT coalesce(max(number), 0) FROM journal"},
};

}  // namespace

void NewKeys::begin(std::int64_t next_resource) {
  if (next_resource == end_) return;
  free_ = end_ = 0;
  block_ /= 2;  // somebody else writes: most of a large one would be lost
}

std::int64_t NewKeys::next_of_block() {
  if (free_ == end_) {
    block_ = std::clamp(block_ * 2, kSmallestBlock, kLargestBlock);
    free_ = engine_.take_keys(block_);
    end_ = free_ + block_;
  }
  return free_++;
}

std::int64_t NewKeys::next(sql::Connection& connection, Counted table) {
  if (table == Counted::resource && engine_.is_shared()) return next_of_block();
  const auto index = static_cast<std::size_t>(table);
  auto& last = last_.at(index);
  if (last == 0) {
    auto rows = connection.query(kNewest.at(index));
    rows.next();
    last = rows.integer(0);
  }
  uncommitted_ = true;
  return ++last;
}

void NewKeys::undone() {
  if (uncommitted_) last_ = {};
}

}  // namespace varde::storage
