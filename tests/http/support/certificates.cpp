#include "tests/http/support/certificates.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"

namespace varde::test {
namespace {

std::string thumbprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return fhir::text::to_base64url({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

std::string Certificate::thumbprint() const { return thumbprint_of(x509.get()); }

void Certificate::write(const std::filesystem::path& directory, const std::string& name) const {
  const auto file = [&](const char* ending, auto write_pem) {
    const std::string path = (directory / (name + ending)).string();
    FILE* const out = std::fopen(path.c_str(), "w");
    if (!out) throw std::runtime_error("cannot write " + path);
    write_pem(out);
    std::fclose(out);
    ::chmod(path.c_str(), 0600);
  };
  file(".crt", [&](FILE* out) { PEM_write_X509(out, x509.get()); });
  file(".key", [&](FILE* out) { PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

Certificate make_certificate(const CertificateOf& of) {
  Certificate out;
  out.key = std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free);
  out.x509 = std::shared_ptr<X509>(X509_new(), X509_free);
  X509* const x509 = out.x509.get();
  X509_set_version(x509, X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600 - (of.valid_for.count() < 0 ? 86400 * 30 : 0));
  X509_gmtime_adj(X509_getm_notAfter(x509), of.valid_for.count() * 3600);
  X509_set_pubkey(x509, out.key.get());
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(of.name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x509, of.issuer ? X509_get_subject_name(of.issuer->x509.get()) : name);
  const auto extend = [&](int kind, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_subject_alt_name, "DNS:" + of.name);
  extend(NID_basic_constraints, of.issuer ? "CA:FALSE" : "critical,CA:TRUE");
  if (!X509_sign(x509, of.issuer ? of.issuer->key.get() : out.key.get(), EVP_sha256()))
    throw std::runtime_error("cannot sign a certificate");
  return out;
}

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);  // this client's own library writes with write(2)
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context_.get(), options.version);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    SSL_CTX_set_security_level(context_.get(), 0);
  }
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), options.ciphers.c_str());
  if (options.certificate) {
    SSL_CTX_use_certificate(context_.get(), options.certificate->x509.get());
    SSL_CTX_use_PrivateKey(context_.get(), options.certificate->key.get());
  }
  ssl_ = std::shared_ptr<SSL>(SSL_new(context_.get()), SSL_free);
  if (!options.protocols.empty())
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_port = htons(port), address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  SSL_set_fd(ssl_.get(), descriptor_);
  connected_ = SSL_connect(ssl_.get()) == 1;
}

TlsClient::~TlsClient() {
  if (connected_) SSL_shutdown(ssl_.get());
  ::close(descriptor_);
}

std::string TlsClient::server_thumbprint() const {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  return shown ? thumbprint_of(shown.get()) : std::string();
}

void TlsClient::send(std::string_view bytes) {
  if (!bytes.empty()) (void)SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

Answer TlsClient::receive() {
  Answer out;
  const auto more = [this] {
    char piece[16384];
    const int got = SSL_read(ssl_.get(), piece, sizeof piece);
    if (got > 0) buffer_.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  };
  while (buffer_.find("\r\n\r\n") == std::string::npos)
    if (!more()) return out;
  const std::size_t end = buffer_.find("\r\n\r\n");
  out.status = std::atoi(buffer_.substr(9, 3).c_str());
  for (std::size_t at = buffer_.find("\r\n"); at < end;) {
    const std::size_t next = buffer_.find("\r\n", at + 2), colon = buffer_.find(':', at);
    std::string name = buffer_.substr(at + 2, colon - at - 2);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.headers[name] = buffer_.substr(colon + 2, next - colon - 2);
    at = next;
  }
  const std::size_t length = std::strtoul(out.headers["content-length"].c_str(), nullptr, 10);
  while (buffer_.size() < end + 4 + length)
    if (!more()) break;
  out.body = buffer_.substr(end + 4, length);
  buffer_.erase(0, end + 4 + out.body.size());
  return out;
}

Answer TlsClient::ask(const std::string& method, const std::string& target, const Headers& headers,
                      const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + body);
  return receive();
}

}  // namespace varde::test
