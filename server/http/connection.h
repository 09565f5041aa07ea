#pragma once
/// @file server/http/connection.h
/// A connection while a thread serves it: reads requests off it in order and writes the answers, until it has nothing
/// more to say just now, or is over.
#include <atomic>
#include <functional>
#include <string>

#include "server/http/link.h"
#include "server/http/listener.h"

namespace varde::http {

/// What all connections share: how to answer, the signal to stop, and who has a thread.
struct Shared {
  const WireLimits wire;
  const Tls* const tls;
  Memory& memory;
  const Answer answer;
  const AnswerRefused refused;
  const IsHealth is_health;
  const std::string busy;
  const int stop_signal;  ///< an eventfd
  std::atomic<bool> stopping = false;
  Census census;
  Slots slots;

  Shared(const ListenerSettings& settings, Memory& budget, Answer answers, AnswerRefused refusals, IsHealth health,
         std::string busy_answer);
  ~Shared();
  Shared(const Shared&) = delete;

  /// Tells who must leave why, as far as they read it.
  void send_away(int descriptor) const;

 private:
  void say_busy(int descriptor) const;
  /// Called under the slots' lock: the socket is still open.
  void dismiss(const Slot& slot, Phase phase) const;
};

class Connection {
 public:
  Connection(Link& link, Slot& slot, Shared& shared) : link_(link), slot_(slot), shared_(shared) {}

  /// True: it is silent, and may stay open without a thread. False: it is over.
  bool serve();

 private:
  class Socket;
  bool converse();
  bool goes_on(const Socket& wire);
  bool send(Socket& wire, Outgoing& out);
  void linger();

  Link& link_;
  Slot& slot_;
  Shared& shared_;
};

}  // namespace varde::http
