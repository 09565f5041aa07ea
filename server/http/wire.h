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

namespace varde::http {

using Clock = std::chrono::steady_clock;

struct WireLimits {
  std::size_t header_bytes = 32u << 10;
  std::size_t header_count = 100;
  std::size_t url_bytes = 8u << 10;
  std::size_t body_bytes = 32u << 20;
  std::chrono::seconds idle{30};    ///< waiting for the next request on a kept connection
  std::chrono::seconds header{10};  ///< from its first byte to its last
  std::chrono::seconds body{60};    ///< and one second more for each 64 KiB announced
};

struct Received {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  bool keep_alive = true;

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
  Reader(Wire& wire, const WireLimits& limits) : wire_(wire), limits_(limits) {}
  Incoming next();

 private:
  enum class More { yes, closed, late };
  More more(Clock::time_point deadline);
  std::variant<std::string, Refused, Closed> fixed_body(std::size_t length, Clock::time_point deadline);
  std::variant<std::string, Refused, Closed> chunked_body(Clock::time_point deadline);

  Wire& wire_;
  const WireLimits& limits_;
  std::string buffer_;
};

/// "HTTP/1.1 200 OK\r\n" and the header lines and the blank line; `body` is sent with it in one piece.
std::string_view reason(int status);

}  // namespace varde::http
