#pragma once
/// @file server/http/memory.h
/// The bytes that bodies and answers under way may take together. A body is counted as it grows, an answer when it is
/// made; what finds no room is answered 503 instead of taking the machine's memory.
/// Threads: safe from any; a Share belongs to one request.
#include <atomic>
#include <cstddef>
#include <utility>

namespace varde::http {

class Memory {
 public:
  /// A body or answer up to this size is counted and never refused: an ordinary reading comes through a flood.
  static constexpr std::size_t kAlways = 64u << 10;

  explicit Memory(std::size_t most) : most_(most) {}
  Memory(const Memory&) = delete;

  std::size_t taken() const { return taken_; }

 private:
  friend class Share;
  bool take(std::size_t bytes) {
    if (taken_.fetch_add(bytes) + bytes <= most_) return true;
    taken_ -= bytes;
    return false;
  }

  const std::size_t most_;
  std::atomic<std::size_t> taken_ = 0;
};

/// What one body or answer holds of the budget; given back when it goes.
class Share {
 public:
  Share() = default;
  explicit Share(Memory& memory) : memory_(&memory) {}
  Share(Share&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Share& operator=(Share&& other) noexcept {
    std::swap(memory_, other.memory_), std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Share() {
    if (memory_) memory_->taken_ -= bytes_;
  }

  /// Holds `bytes` from now on, which is more than before. False: no room, and it holds what it held.
  bool grow_to(std::size_t bytes) {
    if (!memory_ || bytes <= bytes_) return true;
    if (bytes > Memory::kAlways) {
      if (!memory_->take(bytes - bytes_)) return false;
    } else {
      memory_->taken_ += bytes - bytes_;
    }
    bytes_ = bytes;
    return true;
  }

 private:
  Memory* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace varde::http
