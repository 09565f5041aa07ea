#pragma once
/// @file server/http/threads.h
/// The threads that serve connections: started as they are needed up to a number, kept from then on. A connection is
/// handed over whole, or has left its slot and is closed: also where there is no memory, and no further thread.
/// Threads: hand_over() from the accepting thread, start() and stop() from one other.
#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/http/slots.h"
#include "server/http/tls.h"

namespace varde::http {

/// A connected socket, and the TLS that its bytes go through where they do; closed when it goes.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();
  int descriptor() const { return descriptor_; }
  TlsSession* tls() const { return tls_.get(); }
  void encrypt(std::unique_ptr<TlsSession> session) { tls_ = std::move(session); }

 private:
  int descriptor_;
  std::unique_ptr<TlsSession> tls_;
};

/// A connection that was let in; leaves its slot when it goes, before its socket's number can be somebody else's.
class Admitted {
 public:
  Admitted(Socket socket, std::shared_ptr<Slot> slot, Slots& slots)
      : socket_(std::move(socket)), slot_(std::move(slot)), slots_(&slots) {}
  Admitted(Admitted&&) noexcept = default;
  Admitted& operator=(Admitted&&) = delete;
  ~Admitted() {
    if (slot_) slots_->leave(*slot_);
  }
  Slot& slot() const { return *slot_; }
  TlsSession* tls() const { return socket_.tls(); }

 private:
  Socket socket_;
  std::shared_ptr<Slot> slot_;
  Slots* slots_;
};

class Threads {
 public:
  /// `serve` must not throw.
  Threads(std::size_t most, std::function<void(Admitted&)> serve);
  ~Threads();
  Threads(const Threads&) = delete;

  void start();  ///< the first ones; throws std::system_error when there can be none
  /// False: all are at work, and the system grants no further one. Throws std::bad_alloc.
  bool hand_over(Admitted& connection);
  void stop();  ///< closes who waits for a thread, waits for who has one

 private:
  static void* begin(void* self);
  void work();
  bool start_one();  ///< under the lock

  const std::size_t most_;
  const std::function<void(Admitted&)> serve_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Admitted> queue_;
  std::size_t idle_ = 0;
  std::vector<pthread_t> threads_;
  bool stopping_ = false;
};

}  // namespace varde::http
