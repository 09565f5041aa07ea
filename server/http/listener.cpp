#include "server/http/listener.h"

#include <Poco/Net/ServerSocket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>

#include "server/http/threads.h"

namespace varde::http {
namespace {

constexpr std::chrono::milliseconds kUntilOneLeaves{20};  // without descriptors or memory for one more
constexpr std::size_t kOnePiece = 64u << 10;              // an answer up to this goes out with its head

std::string cannot_listen(const std::string& host, std::uint16_t port, const Poco::Exception& error) {
  const std::string where =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  if (error.code() == EADDRINUSE)
    return "cannot listen on " + where + ": the port is in use by another program; stop it, or choose another port " +
           "(--listen HOST:PORT, setting listen)";
  return "cannot listen on " + where + ": " + error.displayText();
}

/// False: the other side has closed its end.
bool still_listens(int descriptor) {
  pollfd watched{descriptor, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) <= 0;
}

/// What all connections share: the signal to stop, and who is open.
struct Shared {
  const WireLimits wire;
  const Tls* const tls;
  Memory& memory;
  const Answer answer;
  const AnswerRefused refused;
  const IsHealth is_health;
  const std::string busy;
  const int stop_signal = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> stopping = false;
  Slots slots;

  Shared(const ListenerSettings& settings, Memory& budget, Answer answers, AnswerRefused refusals, IsHealth health,
         std::string busy_answer)
      : wire(settings.wire),
        tls(settings.tls),
        memory(budget),
        answer(std::move(answers)),
        refused(std::move(refusals)),
        is_health(std::move(health)),
        busy(std::move(busy_answer)),
        slots(settings.slots, [this](const Slot& slot, Phase phase) { dismiss(slot, phase); }) {
    if (stop_signal < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Shared() { ::close(stop_signal); }
  Shared(const Shared&) = delete;

  /// Not in the midst of TLS, of which another thread may be: there the end alone tells it.
  void say_busy(int descriptor) const {
    if (!tls) (void)::send(descriptor, busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /// Called under the slots' lock: the socket is still open.
  void dismiss(const Slot& slot, Phase phase) const {
    if (phase == Phase::waiting) say_busy(slot.socket);
    ::shutdown(slot.socket, SHUT_RDWR);
  }
};

class SocketWire final : public Wire {
 public:
  SocketWire(int descriptor, TlsSession* tls, Shared& shared) : descriptor_(descriptor), tls_(tls), shared_(shared) {}

  std::ptrdiff_t receive(char* into, std::size_t size, Clock::time_point deadline) override {
    while (true) {
      const ssize_t got = tls_ ? tls_->receive(into, size) : ::recv(descriptor_, into, size, MSG_DONTWAIT);
      if (got >= 0) {
        idle = false;
        return got;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return -1;
      // Between requests a stop ends the wait; inside one the request is read to its end.
      const short awaited = tls_ ? tls_->waits_for() : short{POLLIN};
      pollfd watched[2] = {{descriptor_, awaited, 0}, {shared_.stop_signal, POLLIN, 0}};
      if (::poll(watched, idle ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR) return 0;
      if (idle && shared_.stopping && (watched[0].revents & awaited) == 0) return 0;
    }
  }

  void send(std::string_view bytes) override {
    const Progress progress(shared_.wire, Clock::now());
    std::size_t gone = 0;
    while (gone < bytes.size()) {
      const char* const rest = bytes.data() + gone;
      const std::size_t size = bytes.size() - gone;
      const ssize_t sent = tls_ ? tls_->send(rest, size) : ::send(descriptor_, rest, size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        gone += static_cast<std::size_t>(sent);
        continue;
      }
      if (errno == EINTR) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(progress.deadline(gone) - Clock::now()).count();
      pollfd watched{descriptor_, tls_ ? tls_->waits_for() : short{POLLOUT}, 0};
      if ((errno != EAGAIN && errno != EWOULDBLOCK) || left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0)
        throw std::system_error(errno, std::generic_category(), "send");  // ends this connection only
    }
  }

  bool idle = true;  ///< no byte of the next request has arrived

 private:
  int descriptor_;
  TlsSession* tls_;
  Shared& shared_;
};

class Connection {
 public:
  Connection(Slot& slot, TlsSession* tls, Shared& shared) : slot_(slot), tls_(tls), shared_(shared) {}

  void run() {
    try {
      converse();
    } catch (const std::system_error&) {
      // The other side went away while we were sending: nobody is left to tell.
    } catch (const std::exception&) {
      // No memory even to say so; this connection ends, the others go on.
    }
  }

 private:
  void converse() {
    SocketWire wire(slot_.socket, tls_, shared_);
    WireLimits limits = shared_.wire;
    if (slot_.spare || tls_) limits.idle = limits.header;  // shaking hands takes no longer than a header may
    Reader reader(wire, limits, shared_.memory);
    Outgoing out;
    while (slot_.enter(Phase::waiting, Clock::now())) {
      wire.idle = true;
      Incoming incoming = reader.next();
      if (std::holds_alternative<Closed>(incoming) || !slot_.enter(Phase::working, Clock::now())) return;
      out.head.clear(), out.body.clear(), out.keep = true;
      if (const auto* refusal = std::get_if<Refused>(&incoming)) {
        shared_.refused(*refusal, out);
        send(wire, out);
        return linger();
      }
      auto& request = std::get<Received>(incoming);
      if (slot_.spare && !shared_.is_health(request.target)) return wire.send(shared_.busy);
      if (tls_) request.certificate = tls_->client();
      request.awaited = [descriptor = slot_.socket] { return still_listens(descriptor); };
      shared_.answer(request, out);
      if (!send(wire, out) || !out.keep || slot_.spare || shared_.stopping) return;
      slot_.served();
      if (!slot_.spare) limits.idle = shared_.wire.idle;
      out.share = {};
      if (out.body.capacity() > (1u << 16)) out.body = {};  // a rare large answer is not kept for the connection's life
    }
  }

  /// False: the connection was told to leave.
  bool send(SocketWire& wire, Outgoing& out) {
    if (!slot_.enter(Phase::sending, Clock::now())) return false;
    if (out.body.size() <= kOnePiece) {
      out.head += out.body;
      wire.send(out.head);
    } else {
      wire.send(out.head);
      wire.send(out.body);
    }
    return true;
  }

  /// Lets a client that is still sending read our refusal: closing at once would reset it away (RFC 9112 9.6).
  void linger() {
    ::shutdown(slot_.socket, SHUT_WR);
    SocketWire wire(slot_.socket, tls_, shared_);
    char dropped[4096];
    const auto deadline = Clock::now() + std::chrono::seconds(1);
    std::size_t left = 1u << 20;
    while (left > 0) {
      const std::ptrdiff_t got = wire.receive(dropped, sizeof dropped, deadline);
      if (got <= 0) return;
      left -= std::min(left, static_cast<std::size_t>(got));
    }
  }

  Slot& slot_;
  TlsSession* tls_;
  Shared& shared_;
};

/// Lets in whom the slots have room for; others are told to come back.
class Door {
 public:
  Door(Shared& shared, Threads& threads) : shared_(shared), threads_(threads) {}

  void accept_until_stopped(int listening) {
    pollfd watched[2] = {{listening, POLLIN, 0}, {shared_.stop_signal, POLLIN, 0}};
    while (!shared_.stopping) {
      if (::poll(watched, 2, -1) < 0 || (watched[0].revents & POLLIN) == 0 || shared_.stopping) continue;
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      Socket socket(::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.descriptor() < 0) {
        if (errno != EAGAIN && errno != ECONNABORTED) std::this_thread::sleep_for(kUntilOneLeaves);
        continue;
      }
      try {
        let_in(std::move(socket), Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size));
      } catch (const std::exception&) {
        // No memory for one more: it is closed, those inside go on.
      }
    }
  }

 private:
  void let_in(Socket socket, const Poco::Net::SocketAddress& peer) {
    const int descriptor = socket.descriptor(), yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto slot = shared_.slots.admit(descriptor, peer.host().toString(), Clock::now());
    if (!slot) return send_away(descriptor);
    if (shared_.tls) socket.encrypt(shared_.tls->session(descriptor));
    Admitted connection(std::move(socket), std::move(slot), shared_.slots);
    if (!threads_.hand_over(connection)) send_away(descriptor);
  }

  void send_away(int descriptor) const {
    shared_.say_busy(descriptor);
    ::shutdown(descriptor, SHUT_WR);
  }

  Shared& shared_;
  Threads& threads_;
};

}  // namespace

struct Listener::Impl {
  ListenerSettings settings;
  Shared shared;
  Threads threads;
  std::optional<Poco::Net::ServerSocket> socket;
  std::thread accepting;

  Impl(ListenerSettings given, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
       std::string busy)
      : settings(std::move(given)),
        shared(settings, memory, std::move(answer), std::move(refused), std::move(is_health), std::move(busy)),
        threads(settings.slots.all + settings.slots.spare,
                [this](Admitted& connection) { Connection(connection.slot(), connection.tls(), shared).run(); }) {}
};

Listener::Listener(ListenerSettings settings, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
                   std::string busy_answer)
    : impl_(std::make_unique<Impl>(std::move(settings), memory, std::move(answer), std::move(refused),
                                   std::move(is_health), std::move(busy_answer))) {}

Listener::~Listener() { stop(); }

void Listener::bind() {
  if (impl_->socket) return;
  const auto& [host, port] = std::tie(impl_->settings.host, impl_->settings.port);
  Poco::Net::ServerSocket socket;
  try {
    socket.bind(Poco::Net::SocketAddress(host, port), true, false);
    socket.listen(SOMAXCONN);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(cannot_listen(host, port, error));
  }
  socket.setBlocking(false);  // who came may have gone again before it is accepted
  impl_->settings.port = socket.address().port();
  impl_->socket = socket;
}

void Listener::start() {
  bind();
  impl_->threads.start();
  impl_->accepting = std::thread([impl = impl_.get()] {
    ::pthread_setname_np(::pthread_self(), "accept");
    Door(impl->shared, impl->threads).accept_until_stopped(static_cast<int>(impl->socket->impl()->sockfd()));
  });
}

void Listener::stop() {
  if (!impl_->accepting.joinable()) return;
  impl_->shared.stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(impl_->shared.stop_signal, &one, sizeof one);
  impl_->accepting.join();
  impl_->socket->close();
  impl_->shared.slots.empty(impl_->settings.grace);
  impl_->threads.stop();
}

std::uint16_t Listener::port() const { return impl_->settings.port; }

std::size_t Listener::open_connections() const { return impl_->shared.slots.taken(); }

}  // namespace varde::http
