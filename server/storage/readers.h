#pragma once
/// @file server/storage/readers.h
/// The pool of read connections. A borrower holds one, with one read transaction open on it, and waits when all are
/// out.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "server/storage/sql.h"

namespace varde::storage {

class Readers {
 public:
  explicit Readers(std::vector<std::unique_ptr<sql::Connection>> connections);
  sql::Connection& borrow(Moment moment = Moment::any);
  void give_back(sql::Connection& connection) noexcept;

 private:
  std::vector<std::unique_ptr<sql::Connection>> connections_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<sql::Connection*> idle_;  // last in, first out: the warmest cache
};

}  // namespace varde::storage
