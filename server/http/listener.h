#pragma once
/// @file server/http/listener.h
/// Connections: accepts them up to a number, reads requests off each in order, writes the answers.
#include <functional>
#include <memory>
#include <string>

#include "server/http/wire.h"

namespace varde::http {

/// Appends the whole answer (status line, headers, body) to `out`. Returns whether the connection may stay open.
using Answer = std::function<bool(Received&, std::string& out)>;  ///< may take the body away
using AnswerRefused = std::function<void(const Refused&, std::string& out)>;

struct ListenerSettings {
  std::string host;
  std::uint16_t port = 0;
  std::size_t connections = 256;
  std::chrono::milliseconds grace{10000};
  WireLimits wire = {};
};

class Listener {
 public:
  Listener(ListenerSettings settings, Answer answer, AnswerRefused refused, std::string busy_answer);
  ~Listener();
  void bind();   ///< takes the address, so that port() is known; throws Poco::Net::NetException
  void start();  ///< binds where that was not done yet, and answers from here on
  void stop();
  std::uint16_t port() const;
  std::size_t open_connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::http
