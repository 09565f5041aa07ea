#pragma once
/// Certificates that a test makes itself, and a client that speaks TLS.
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/http/support/client.h"

namespace varde::test {

struct Certificate {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> x509;
  std::string thumbprint() const;  ///< x5t#S256
  /// NAME.crt and NAME.key (0600) there.
  void write(const std::filesystem::path& directory, const std::string& name) const;
};

struct CertificateOf {
  std::string name = "localhost";
  std::chrono::hours valid_for{24 * 365};  ///< from an hour ago; negative: has expired
  const Certificate* issuer = nullptr;     ///< nullptr: signed by itself
};
Certificate make_certificate(const CertificateOf& of);

/// A connection by TLS, with a certificate of the client's where it has one.
class TlsClient {
 public:
  struct Options {
    const Certificate* certificate = nullptr;
    int version = 0;  ///< the one that it speaks; 0: any
    std::string ciphers = {};
    std::string protocols = {};  ///< as ALPN has them
  };
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Options{}) {}
  TlsClient(std::uint16_t port, const Options& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;

  bool is_connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string server_thumbprint() const;
  /// Status 0: the connection ended.
  Answer ask(const std::string& method, const std::string& target, const Headers& headers = {},
             const std::string& body = {});
  void send(std::string_view bytes);
  Answer receive();

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
  int descriptor_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace varde::test
