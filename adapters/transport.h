#pragma once
/// @file adapters/transport.h
/// What the gateway needs of a transport: it carries bytes and addresses and knows nothing of their content.
/// Delivery is at least once in both directions; the gateway recognises repetition by MsgId.
#include <functional>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::adapters {

struct Incoming {
  std::string bytes;
  std::string source;  ///< where it came from, for the log: a file's name, a peer's address; no patient data
};

struct Outgoing {
  std::string bytes;
  std::string message_id;  ///< UUID; makes a repeated send recognisable
  std::string receiver_her_id;
  std::string message_type;       ///< code of list 8279, APPREC included
  bool to_copy_receiver = false;  ///< the same message goes to its receiver and to others, each by itself
};

/// What the transport answered, in its own words: the name of a file, the id that a network gave. No patient data.
struct TransportReceipt {
  std::string text;
};

class Sender {
 public:
  virtual ~Sender() = default;
  /// Returns once the transport has durably taken it, within a time of its own: whoever waits for it cannot be stopped.
  /// Faults: busy (try again later), not_supported (never).
  virtual Result<TransportReceipt> send(const Outgoing&) = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Hands every waiting message to `accept`; a message leaves the transport only after accept returned true
  /// (= durably stored). Returns how many were taken.
  virtual std::size_t poll(const std::function<bool(const Incoming&)>& accept) = 0;
};

}  // namespace varde::adapters
