#pragma once
/// @file server/http/listener.h
/// Connections: lets them in up to a number, and watches those that are silent (`idle.h`); who speaks gets a slot
/// (`slots.h`) and a thread (`threads.h`), which serves it (`connection.h`).
#include <functional>
#include <memory>
#include <string>

#include "server/http/memory.h"
#include "server/http/slots.h"
#include "server/http/tls.h"
#include "server/http/wire.h"

namespace varde::http {

/// An answer on its way: status line and header lines with the blank line, and the body apart, so that a large one is
/// held once.
struct Outgoing {
  std::string head, body;
  Share share;       ///< of the memory for bodies and answers, for the body
  bool keep = true;  ///< the connection may stay open
};

using Answer = std::function<void(Received&, Outgoing& out)>;  ///< may take the body away
using AnswerRefused = std::function<void(const Refused&, Outgoing& out)>;
using IsHealth = std::function<bool(std::string_view target)>;  ///< what the spare slots answer

struct OpenLimits {
  std::size_t all = 8192;
  std::size_t of_one_address = 0;                         ///< 0: three quarters of all
  std::function<bool(std::string_view)> is_of_many = {};  ///< as SlotLimits says
};

struct ListenerSettings {
  std::string host;
  std::uint16_t port = 0;
  OpenLimits open = {};   ///< connections, whether they say something or not
  SlotLimits slots = {};  ///< those that are served at the same time
  std::chrono::milliseconds grace{10000};
  WireLimits wire = {};
  const Tls* tls = nullptr;  ///< what the bytes go through; nullptr: nothing. Outlives the Listener
};

class Listener {
 public:
  Listener(ListenerSettings settings, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
           std::string busy_answer);
  ~Listener();
  void bind();   ///< takes the address, so that port() is known; throws std::runtime_error with the reason
  void start();  ///< binds where that was not done yet, and answers from here on
  void stop();
  std::uint16_t port() const;
  std::size_t open_connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::http
