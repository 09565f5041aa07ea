#include "server/storage/readers.h"

namespace varde::storage {
Readers::Readers(std::vector<std::unique_ptr<sql::Connection>> connections) : connections_(std::move(connections)) {
  idle_.reserve(connections_.size());
  for (const auto& connection : connections_) idle_.push_back(connection.get());
}

sql::Connection& Readers::borrow(Moment moment) {
  sql::Connection* connection = nullptr;
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty(); });
    connection = idle_.back();
    idle_.pop_back();
  }
  try {
    moment == Moment::settled ? connection->begin_settled() : connection->begin();
  } catch (...) {
    give_back(*connection);
    throw;
  }
  return *connection;
}

void Readers::give_back(sql::Connection& connection) noexcept {
  try {
    if (connection.in_transaction()) connection.commit();
  } catch (...) {
    // Ending a read has nothing to lose; the next borrower's BEGIN meets whatever is wrong with the engine.
  }
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&connection);
  }
  returned_.notify_one();
}

}  // namespace varde::storage
