#pragma once
/// @file server/storage/health.h
/// How the store is: what the engine last complained of, until a commit shows that it is over. Damage and a lost
/// directory are never over while the process lives.
/// Threads: safe from any.
#include <mutex>
#include <string>

#include "server/storage/storage.h"

namespace varde::storage {

class Health {
 public:
  void complain(Trouble trouble, std::string what) {
    const std::lock_guard lock(mutex_);
    if (lasts(trouble_)) return;
    trouble_ = trouble, what_ = std::move(what);
  }
  void recovered() {
    const std::lock_guard lock(mutex_);
    if (!lasts(trouble_)) trouble_ = Trouble::none;
  }
  Trouble trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }
  /// As an exception to throw.
  EngineError error() const {
    const std::lock_guard lock(mutex_);
    return EngineError(trouble_, what_);
  }

 private:
  static bool lasts(Trouble trouble) { return trouble == Trouble::damaged || trouble == Trouble::gone; }
  mutable std::mutex mutex_;
  Trouble trouble_ = Trouble::none;
  std::string what_;
};

}  // namespace varde::storage
