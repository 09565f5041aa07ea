#pragma once
/// @file server/http/slots.h
/// Who is served when more ask at the same time than there are threads to answer: a slot is a thread's attention.
/// Nobody keeps others out by being slow: when the slots are full, somebody who makes us wait gives way to the
/// newcomer, those that were never served first, and among them one of the address that holds the most. One address
/// never holds them all. A few slots beside the others answer health and readiness only, however busy the rest is.
/// Threads: admit() from the accepting thread; a Slot's phase from its own connection's thread.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace varde::http {

enum class Phase {
  waiting,  ///< for bytes of a request
  idle,     ///< between two requests: its slot is anybody's
  working,
  sending,
  leaving,  ///< told to go; its thread will notice
};

class Slot {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Slot(int its_socket, std::string its_address, bool is_spare, Time now)
      : socket(its_socket), address(std::move(its_address)), spare(is_spare), since_(now) {}

  /// The connection goes on to `phase`. False: it was told to leave meanwhile.
  bool enter(Phase phase, Time now);
  /// One request has been answered.
  void served() { served_ = true; }

  const int socket;
  const std::string address;
  const bool spare;  ///< for health only

 private:
  friend class Slots;
  std::atomic<Phase> phase_ = Phase::waiting;
  std::atomic<Time> since_;  ///< it has been in its phase
  std::atomic<bool> served_ = false;
};

struct SlotLimits {
  std::size_t all = 256;
  std::size_t of_one_address = 0;  ///< 0: three quarters of all
  std::size_t spare = 8;
  /// Who has been served before keeps its slot at least so long while it sends nothing, or takes its answer slowly.
  std::chrono::milliseconds patience{5000};
  /// Addresses that many come from, which are not held to of_one_address; empty: none.
  std::function<bool(std::string_view)> is_of_many = {};
};

class Slots {
 public:
  /// `dismiss` ends a connection that gives way: it must wake its thread, and may tell the client why.
  Slots(SlotLimits limits, std::function<void(const Slot&, Phase)> dismiss)
      : limits_(limits), dismiss_(std::move(dismiss)) {
    if (limits_.of_one_address == 0) limits_.of_one_address = limits_.all - limits_.all / 4;
  }

  /// A slot for a new connection; null when nobody can give way.
  std::shared_ptr<Slot> admit(int socket, std::string address, Slot::Time now);
  void leave(const Slot& slot);
  /// Waits so long for all to leave, and dismisses those that have not.
  void empty(std::chrono::milliseconds grace);
  std::size_t taken() const { return taken_; }
  /// Three quarters are taken: nobody should keep a slot only to wait.
  bool crowded() const { return taken_ * 4 >= limits_.all * 3; }

 private:
  using Held = std::list<std::shared_ptr<Slot>>;
  bool make_room(const std::string* address, bool spare, Slot::Time now);
  std::size_t held(const std::string* address, bool spare) const;

  SlotLimits limits_;
  const std::function<void(const Slot&, Phase)> dismiss_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  Held slots_;
  std::atomic<std::size_t> taken_ = 0;  ///< of slots_
};

}  // namespace varde::http
