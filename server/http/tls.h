#pragma once
/// @file server/http/tls.h
/// TLS of our own: what a connection's bytes go through, and whom the other side proved to be.
/// Source: RFC 8446 (1.3), RFC 5246 (1.2), RFC 9325 (which of it is safe), RFC 8705 3.1 (thumbprint of a certificate)
/// Faults: what cannot be used of the files throws std::runtime_error that names the file; what a client does wrong
/// ends its connection. Threads: Tls from any; a TlsSession from one at a time.
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace varde::http {

struct TlsSettings {
  enum class Least : std::uint8_t { v1_2, v1_3 };
  enum class Clients : std::uint8_t { unasked, asked, required };

  std::string certificate, key;  ///< PEM files: the chain, its own certificate first; the private key
  Least least = Least::v1_2;
  /// Whether clients are asked for a certificate. Without `authorities` any is taken: it then proves that its key is
  /// held, which tokens that are bound to it need, and not whose it is.
  Clients clients = Clients::unasked;
  std::string authorities;  ///< PEM file of those who may vouch for clients

  bool is_on() const { return !certificate.empty(); }
};

/// One connection's. Its socket must not block, and must outlive it.
class TlsSession {
 public:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  ~TlsSession();  ///< tells the other side that nothing more comes, where that is possible without waiting

  /// As recv and send of a socket that does not block: 0 from the other side's end, or what ends the connection (it has
  /// been told why); -1 with errno EAGAIN, and then waits_for() says for what to poll. The first calls shake hands.
  ssize_t receive(char* into, std::size_t size);
  ssize_t send(const char* bytes, std::size_t size);
  short waits_for() const;
  bool has_more() const;        ///< received and not yet taken, which poll does not tell of
  bool is_established() const;  ///< hands were shaken
  /// base64url of the SHA-256 of the client's certificate; empty: it has shown none.
  const std::string& client() const;

 private:
  std::unique_ptr<State> state_;
};

class Tls {
 public:
  explicit Tls(TlsSettings settings);
  ~Tls();
  /// Reads the files again; connections that are open go on as they are. Where it throws, all stays as it was.
  void reload();
  std::unique_ptr<TlsSession> session(int descriptor) const;

 private:
  struct Context;
  static std::shared_ptr<const Context> read(const TlsSettings& settings);
  const TlsSettings settings_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Context> context_;
};

/// A sentence for each thing that is weaker than it should be; `host` is the one of the public base. Throws as Tls.
std::vector<std::string> weaknesses(const TlsSettings& settings, const std::string& host,
                                    std::chrono::system_clock::time_point now);

}  // namespace varde::http
