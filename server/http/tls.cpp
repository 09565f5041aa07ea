#include "server/http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"

namespace varde::http {
namespace {

template <auto Release>
struct Released {
  template <class Handle>
  void operator()(Handle* handle) const {
    Release(handle);
  }
};
using Certificate = std::unique_ptr<X509, Released<X509_free>>;
using Session = std::unique_ptr<SSL, Released<SSL_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, Released<SSL_CTX_free>>;

/// Forward secrecy and authenticated encryption alone (RFC 9325 4.2); of TLS 1.3 all are.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kProtocol = "\x08http/1.1";  // as ALPN has it (RFC 7301)
constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 35\r\n"
    "Connection: close\r\n\r\nThis port speaks HTTPS, not HTTP.\r\n";
constexpr int kLeastRsaBits = 2048, kLeastEcBits = 256;
constexpr long kSoon = 14;  // days

/// Why the library refuses; its words name no secret.
std::string why() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(code);
  return reason ? reason : "it cannot be read";
}

[[noreturn]] void unusable(const std::string& file, const std::string& what) {
  throw std::runtime_error(file + ": " + what);
}

/// A private key is its owner's, and that of a group which may read it; nobody else's.
void check_modes(const TlsSettings& settings) {
  struct stat found {};
  if (::stat(settings.key.c_str(), &found) != 0) unusable(settings.key, "there is no such file for tls-key");
  if ((found.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0)
    unusable(settings.key, "a private key that others than its owner may read or write; chmod 0600 (or 0640)");
  for (const std::string& file : {settings.certificate, settings.authorities})
    if (!file.empty() && ::stat(file.c_str(), &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      unusable(file, "others than its owner may write it; chmod go-w");
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
                    void*) {
  unsigned char* chosen = nullptr;
  const auto* const ours = reinterpret_cast<const unsigned char*>(kProtocol.data());
  if (SSL_select_next_proto(&chosen, size, ours, kProtocol.size(), in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// Whoever signed it: what is asked is that the client holds its key, and the handshake has asked that.
int take_any(int, X509_STORE_CTX*) { return 1; }

void ask_clients(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.clients == TlsSettings::Clients::unasked) return;
  int mode = SSL_VERIFY_PEER;
  if (settings.clients == TlsSettings::Clients::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, settings.authorities.empty() ? take_any : nullptr);
  SSL_CTX_set_verify_depth(context, 4);
  if (settings.authorities.empty()) return;
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(settings.authorities.c_str());
  if (!names || SSL_CTX_load_verify_file(context, settings.authorities.c_str()) != 1)
    unusable(settings.authorities, "no PEM file of certificates for tls-client-authorities: " + why());
  SSL_CTX_set_client_CA_list(context, names);
}

ContextHandle context_of(const TlsSettings& settings) {
  check_modes(settings);
  ERR_clear_error();
  ContextHandle out(SSL_CTX_new(TLS_server_method()));
  if (!out) throw std::bad_alloc();
  SSL_CTX* const context = out.get();
  const int least = settings.least == TlsSettings::Least::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  constexpr std::array<unsigned char, 5> kName{'v', 'a', 'r', 'd', 'e'};
  if (SSL_CTX_set_min_proto_version(context, least) != 1 || SSL_CTX_set_cipher_list(context, kCiphers) != 1 ||
      SSL_CTX_set1_groups_list(context, kGroups) != 1 ||
      SSL_CTX_set_session_id_context(context, kName.data(), kName.size()) != 1)
    throw std::runtime_error("TLS cannot be set up: " + why());
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // A passphrase is asked of nobody: a service starts without a person.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1)
    unusable(settings.certificate, "no PEM file of a certificate for tls-certificate: " + why());
  if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1)
    unusable(settings.key, "no PEM file of a private key without a passphrase that fits the certificate: " + why());
  if (SSL_CTX_check_private_key(context) != 1)
    unusable(settings.key, "the private key does not fit the certificate of " + settings.certificate);
  ask_clients(context, settings);
  return out;
}

// --- a socket that is written to without SIGPIPE: the library's own uses write(2)
int write_to_socket(BIO* bio, const char* bytes, int size) {
  const auto sent = ::send(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), bytes,
                           static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  BIO_clear_retry_flags(bio);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}
int read_from_socket(BIO* bio, char* into, int size) {
  const auto got = ::recv(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), into,
                          static_cast<std::size_t>(size), MSG_DONTWAIT);
  BIO_clear_retry_flags(bio);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, Released<BIO_meth_free>> kMethod = [] {
    std::unique_ptr<BIO_METHOD, Released<BIO_meth_free>> method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
    if (!method) throw std::bad_alloc();
    BIO_meth_set_write(method.get(), write_to_socket), BIO_meth_set_read(method.get(), read_from_socket);
    BIO_meth_set_ctrl(method.get(), control);
    return method;
  }();
  return kMethod.get();
}

std::string thumbprint_of(const SSL* ssl) {
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) return {};
  return fhir::text::to_base64url({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

struct Tls::Context {
  ContextHandle handle;
};

struct TlsSession::State {
  Session ssl;
  int descriptor;
  short waits_for = POLLIN;
  bool broken = false;
  std::string client = {};
  bool asked_client = false;

  ssize_t result(int moved) {
    if (moved > 0) return moved;
    switch (SSL_get_error(ssl.get(), moved)) {
      case SSL_ERROR_WANT_READ: waits_for = POLLIN; break;
      case SSL_ERROR_WANT_WRITE: waits_for = POLLOUT; break;
      case SSL_ERROR_ZERO_RETURN: return 0;
      default:
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST)
          (void)::send(descriptor, kPlainAnswer.data(), kPlainAnswer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        broken = true;
        return 0;
    }
    errno = EAGAIN;
    return -1;
  }
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}

TlsSession::~TlsSession() {
  if (!state_->broken && is_established()) SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

ssize_t TlsSession::receive(char* into, std::size_t size) {
  if (state_->broken) return 0;
  ERR_clear_error();  // the library judges what happened by what lies in this thread's queue
  const auto most = static_cast<int>(std::min(size, std::size_t{1} << 30));
  return state_->result(SSL_read(state_->ssl.get(), into, most));
}

ssize_t TlsSession::send(const char* bytes, std::size_t size) {
  if (state_->broken) return errno = EPIPE, -1;
  ERR_clear_error();
  const auto most = static_cast<int>(std::min(size, std::size_t{1} << 30));
  const ssize_t sent = state_->result(SSL_write(state_->ssl.get(), bytes, most));
  if (sent == 0) return errno = EPIPE, -1;
  return sent;
}

short TlsSession::waits_for() const { return state_->waits_for; }
bool TlsSession::has_more() const { return SSL_pending(state_->ssl.get()) > 0; }
bool TlsSession::is_established() const { return SSL_is_init_finished(state_->ssl.get()) != 0; }

const std::string& TlsSession::client() const {
  if (!state_->asked_client && is_established())
    state_->client = thumbprint_of(state_->ssl.get()), state_->asked_client = true;
  return state_->client;
}

std::shared_ptr<const Tls::Context> Tls::read(const TlsSettings& settings) {
  return std::make_shared<const Context>(Context{context_of(settings)});
}

Tls::Tls(TlsSettings settings) : settings_(std::move(settings)), context_(read(settings_)) {}
Tls::~Tls() = default;

void Tls::reload() {
  auto fresh = read(settings_);
  const std::lock_guard lock(mutex_);
  context_ = std::move(fresh);
}

std::unique_ptr<TlsSession> Tls::session(int descriptor) const {
  const auto context = [this] {
    const std::lock_guard lock(mutex_);
    return context_;
  }();
  auto state = std::make_unique<TlsSession::State>(
      TlsSession::State{Session(SSL_new(context->handle.get())), descriptor});  // which keeps the context
  BIO* const bio = state->ssl ? BIO_new(socket_method()) : nullptr;
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  SSL_set_bio(state->ssl.get(), bio, bio);
  SSL_set_accept_state(state->ssl.get());
  return std::make_unique<TlsSession>(std::move(state));
}

std::vector<std::string> weaknesses(const TlsSettings& settings, const std::string& host,
                                    std::chrono::system_clock::time_point now) {
  std::vector<std::string> out;
  const ContextHandle context = context_of(settings);
  X509* const certificate = SSL_CTX_get0_certificate(context.get());
  std::time_t at = std::chrono::system_clock::to_time_t(now);
  const auto weak = [&](const std::string& what) { out.push_back("tls-certificate: " + what); };
  if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0) weak("it is not valid yet");
  if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0) {
    weak("it has expired");
  } else {
    std::time_t soon = at + kSoon * 86400;
    if (X509_cmp_time(X509_get0_notAfter(certificate), &soon) < 0)
      weak("it expires within two weeks; a new one is taken without a stop by SIGHUP");
  }
  if (!host.empty() && X509_check_host(certificate, host.data(), host.size(), 0, nullptr) != 1 &&
      X509_check_ip_asc(certificate, host.c_str(), 0) != 1)
    weak("it does not name " + host + ", the host of public-base");
  if (X509_check_issued(certificate, certificate) == X509_V_OK)
    weak("it is signed by itself: clients cannot know whose it is");
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  const int least = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? kLeastRsaBits : kLeastEcBits;
  if (EVP_PKEY_get_bits(key) < least) weak("its key is shorter than " + std::to_string(least) + " bits");
  if (settings.clients == TlsSettings::Clients::required && settings.authorities.empty())
    out.emplace_back(
        "tls-clients = required without tls-client-authorities: a certificate of anybody's making is taken");
  return out;
}

}  // namespace varde::http
