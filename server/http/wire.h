#pragma once
/// @file server/http/wire.h
/// One HTTP/1.1 request off a connection, and one answer onto it, within limits. Knows bytes and deadlines, not FHIR.
/// Source: RFC 9110, RFC 9112. Both Content-Length and Transfer-Encoding, or two different lengths, are refused
///         (request smuggling), as are folded headers.
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/http/memory.h"

namespace varde::http {

using Clock = std::chrono::steady_clock;

struct WireLimits {
  std::size_t header_bytes = 32u << 10;
  std::size_t header_count = 100;
  std::size_t url_bytes = 8u << 10;
  std::size_t body_bytes = 32u << 20;
  std::chrono::milliseconds idle{30000};    ///< waiting for the next request on a kept connection
  std::chrono::seconds header{10};          ///< from its first byte to its last
  std::chrono::seconds body{10};            ///< start of a body or an answer; after that progress counts
  std::size_t bytes_per_second = 4u << 10;  ///< on average, of a body or an answer that takes longer
};

/// When the next byte must have come: `grace` from the start, and later by as much as has come.
class Progress {
 public:
  Progress(const WireLimits& limits, Clock::time_point start)
      : start_(start + limits.body), bytes_per_second_(limits.bytes_per_second) {}
  Clock::time_point deadline(std::size_t bytes) const {
    return start_ + std::chrono::milliseconds(bytes * 1000 / bytes_per_second_);
  }

 private:
  Clock::time_point start_;
  std::size_t bytes_per_second_;
};

struct Received {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  Share share;  ///< of the memory for bodies and answers, for the body
  bool keep_alive = true;
  std::string address = {};            ///< that the connection came from; empty: not known
  std::string certificate = {};        ///< that the client has proven to hold, as TlsSession::client says; empty: none
  std::function<bool()> awaited = {};  ///< whether the other side still listens; empty: nobody can tell

  std::string_view header(std::string_view lower_case_name) const;  ///< the first of that name, or empty
};

/// The bytes could not become a request: what to answer before closing.
struct Refused {
  int status;
  Failure failure;
};
struct Closed {};  ///< the other side went away, stayed idle too long, or we are stopping

using Incoming = std::variant<Received, Refused, Closed>;

/// Where bytes come from and go to; a socket, or a string in a test.
class Wire {
 public:
  virtual ~Wire() = default;
  /// Bytes received, 0 when the other side closed or we are stopping, -1 when the deadline passed.
  virtual std::ptrdiff_t receive(char* into, std::size_t size, Clock::time_point deadline) = 0;
  virtual void send(std::string_view bytes) = 0;
};

/// Reads requests one after the other; what came after a request is kept for the next.
class Reader {
 public:
  Reader(Wire& wire, const WireLimits& limits, Memory& memory) : wire_(wire), limits_(limits), memory_(memory) {}
  Incoming next();
  bool has_more() const { return !pending().empty(); }  ///< the next request has begun to come

 private:
  enum class More { yes, closed, late };
  using Stop = std::variant<std::monostate, Refused, Closed>;  ///< monostate: go on
  More more(Clock::time_point deadline);
  Stop fixed_body(std::size_t length, Received& request);
  Stop chunked_body(Received& request);
  Stop append(std::size_t bytes, const Progress& progress, Received& request);
  Stop next_line(const Progress& progress, const Received& request, std::string_view& line);

  Wire& wire_;
  const WireLimits& limits_;
  Memory& memory_;
  std::string_view pending() const { return std::string_view(buffer_).substr(consumed_); }
  std::string buffer_;
  std::size_t consumed_ = 0;  ///< of buffer_; dropped when more is received, so that many small pieces cost little
};

/// "HTTP/1.1 200 OK\r\n" and the header lines and the blank line; `body` is sent with it in one piece.
std::string_view reason(int status);

}  // namespace varde::http
