#include "server/http/listener.h"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/TCPServerParams.h>
#include <Poco/ThreadPool.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <tuple>

namespace varde::http {
namespace {

using Poco::Net::StreamSocket;

constexpr std::size_t kOnePiece = 64u << 10;  // an answer up to this goes out with its head

std::string cannot_listen(const std::string& host, std::uint16_t port, const Poco::Exception& error) {
  const std::string where =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  if (error.code() == EADDRINUSE)
    return "cannot listen on " + where + ": the port is in use by another program; stop it, or choose another port " +
           "(--listen HOST:PORT, setting listen)";
  return "cannot listen on " + where + ": " + error.displayText();
}

/// What all connections share: the signal to stop, and who is open.
struct Shared {
  const WireLimits wire;
  Memory& memory;
  const Answer answer;
  const AnswerRefused refused;
  const IsHealth is_health;
  const std::string busy;
  const int stop_signal = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> stopping = false;
  Slots slots;
  std::mutex mutex;
  std::condition_variable gone;
  std::map<int, std::shared_ptr<Slot>> admitted;  ///< let in, not yet taken up by a thread
  std::set<int> open;                             ///< sockets of connections that a thread has taken up

  Shared(const ListenerSettings& settings, Memory& budget, Answer answers, AnswerRefused refusals, IsHealth health,
         std::string busy_answer)
      : wire(settings.wire),
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

  /// Called under the slots' lock: the socket is still open.
  void dismiss(const Slot& slot, Phase phase) const {
    if (phase == Phase::waiting) (void)::send(slot.socket, busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(slot.socket, SHUT_RDWR);
  }
};

class SocketWire final : public Wire {
 public:
  SocketWire(int descriptor, Shared& shared) : descriptor_(descriptor), shared_(shared) {}

  std::ptrdiff_t receive(char* into, std::size_t size, Clock::time_point deadline) override {
    while (true) {
      const ssize_t got = ::recv(descriptor_, into, size, MSG_DONTWAIT);
      if (got >= 0) {
        idle = false;
        return got;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return -1;
      // Between requests a stop ends the wait; inside one the request is read to its end.
      pollfd watched[2] = {{descriptor_, POLLIN, 0}, {shared_.stop_signal, POLLIN, 0}};
      if (::poll(watched, idle ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR) return 0;
      if (idle && shared_.stopping && (watched[0].revents & POLLIN) == 0) return 0;
    }
  }

  void send(std::string_view bytes) override {
    const Progress progress(shared_.wire, Clock::now());
    std::size_t gone = 0;
    while (gone < bytes.size()) {
      const ssize_t sent = ::send(descriptor_, bytes.data() + gone, bytes.size() - gone, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        gone += static_cast<std::size_t>(sent);
        continue;
      }
      if (errno == EINTR) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(progress.deadline(gone) - Clock::now()).count();
      pollfd watched{descriptor_, POLLOUT, 0};
      if ((errno != EAGAIN && errno != EWOULDBLOCK) || left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0)
        throw std::system_error(errno, std::generic_category(), "send");  // ends this connection only
    }
  }

  bool idle = true;  ///< no byte of the next request has arrived

 private:
  int descriptor_;
  Shared& shared_;
};

class Connection final : public Poco::Net::TCPServerConnection {
 public:
  Connection(const StreamSocket& socket, Shared& shared, std::shared_ptr<Slot> slot)
      : TCPServerConnection(socket), shared_(shared), slot_(std::move(slot)) {}

  ~Connection() override {
    shared_.slots.leave(*slot_);  // before the socket is closed: its number must not be somebody else's yet
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.open.erase(slot_->socket);
    }
    shared_.gone.notify_all();
  }

  void run() override {
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.open.insert(slot_->socket);
    }
    try {
      converse();
    } catch (const std::system_error&) {
      // The other side went away while we were sending: nobody is left to tell.
    } catch (const std::bad_alloc&) {
      // No memory even to say so; this connection ends, the others go on.
    }
  }

 private:
  void converse() {
    socket().setNoDelay(true);
    SocketWire wire(slot_->socket, shared_);
    WireLimits limits = shared_.wire;
    if (slot_->spare) limits.idle = limits.header;
    Reader reader(wire, limits, shared_.memory);
    Outgoing out;
    while (slot_->enter(Phase::waiting, Clock::now())) {
      wire.idle = true;
      Incoming incoming = reader.next();
      if (std::holds_alternative<Closed>(incoming) || !slot_->enter(Phase::working, Clock::now())) return;
      out.head.clear(), out.body.clear(), out.keep = true;
      if (const auto* refusal = std::get_if<Refused>(&incoming)) {
        shared_.refused(*refusal, out);
        send(wire, out);
        return linger();
      }
      auto& request = std::get<Received>(incoming);
      if (slot_->spare && !shared_.is_health(request.target)) return wire.send(shared_.busy);
      shared_.answer(request, out);
      if (!send(wire, out) || !out.keep || slot_->spare || shared_.stopping) return;
      slot_->served();
      out.share = {};
      if (out.body.capacity() > (1u << 16)) out.body = {};  // a rare large answer is not kept for the connection's life
    }
  }

  /// False: the connection was told to leave.
  bool send(SocketWire& wire, Outgoing& out) {
    if (!slot_->enter(Phase::sending, Clock::now())) return false;
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
    socket().shutdownSend();
    SocketWire wire(slot_->socket, shared_);
    char dropped[4096];
    const auto deadline = Clock::now() + std::chrono::seconds(1);
    std::size_t left = 1u << 20;
    while (left > 0) {
      const std::ptrdiff_t got = wire.receive(dropped, sizeof dropped, deadline);
      if (got <= 0) return;
      left -= std::min(left, static_cast<std::size_t>(got));
    }
  }

  Shared& shared_;
  const std::shared_ptr<Slot> slot_;
};

class Factory final : public Poco::Net::TCPServerConnectionFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  Poco::Net::TCPServerConnection* createConnection(const StreamSocket& socket) override {
    const std::lock_guard lock(shared_.mutex);
    auto slot = shared_.admitted.extract(static_cast<int>(socket.impl()->sockfd()));
    return new Connection(socket, shared_, std::move(slot.mapped()));  // owned by Poco's dispatcher
  }

 private:
  Shared& shared_;
};

/// Lets in whom the slots have room for; others are told to come back.
class Door final : public Poco::Net::TCPServerConnectionFilter {
 public:
  explicit Door(Shared& shared) : shared_(shared) {}
  bool accept(const StreamSocket& socket) override {
    StreamSocket client(socket);
    const int descriptor = static_cast<int>(client.impl()->sockfd());
    if (auto slot = shared_.slots.admit(descriptor, client.peerAddress().host().toString(), Clock::now())) {
      const std::lock_guard lock(shared_.mutex);
      shared_.admitted[descriptor] = std::move(slot);
      return true;
    }
    (void)::send(descriptor, shared_.busy.data(), shared_.busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    client.shutdownSend();
    return false;
  }

 private:
  Shared& shared_;
};

}  // namespace

struct Listener::Impl {
  ListenerSettings settings;
  Shared shared;
  Poco::ThreadPool threads;
  std::unique_ptr<Poco::Net::TCPServer> server;

  Impl(ListenerSettings given, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
       std::string busy)
      : settings(std::move(given)),
        shared(settings, memory, std::move(answer), std::move(refused), std::move(is_health), std::move(busy)),
        threads("http", 2, most_threads() + 1, 60, 512 << 10) {}
  int most_threads() const { return static_cast<int>(settings.slots.all + settings.slots.spare); }
};

Listener::Listener(ListenerSettings settings, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
                   std::string busy_answer)
    : impl_(std::make_unique<Impl>(std::move(settings), memory, std::move(answer), std::move(refused),
                                   std::move(is_health), std::move(busy_answer))) {}

Listener::~Listener() { stop(); }

void Listener::bind() {
  if (impl_->server) return;
  const auto& [host, port] = std::tie(impl_->settings.host, impl_->settings.port);
  Poco::Net::ServerSocket socket;
  try {
    socket.bind(Poco::Net::SocketAddress(host, port), true, false);
    socket.listen(SOMAXCONN);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(cannot_listen(host, port, error));
  }
  Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
  params->setMaxThreads(impl_->most_threads());
  params->setMaxQueued(2 * impl_->most_threads());  // Slots::admit lets in no more than that
  params->setThreadIdleTime(Poco::Timespan(2, 0));  // also the longest that stopping may wait for an idle thread
  impl_->server = std::make_unique<Poco::Net::TCPServer>(new Factory(impl_->shared), impl_->threads, socket, params);
  impl_->server->setConnectionFilter(new Door(impl_->shared));
}

void Listener::start() {
  bind();
  impl_->server->start();
}

void Listener::stop() {
  if (!impl_->server) return;
  impl_->shared.stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(impl_->shared.stop_signal, &one, sizeof one);
  impl_->server->stop();
  {
    std::unique_lock lock(impl_->shared.mutex);
    const auto empty = [&] { return impl_->shared.open.empty(); };
    const auto deadline = Clock::now() + impl_->settings.grace;
    while (!empty() && Clock::now() < deadline) impl_->shared.gone.wait_for(lock, std::chrono::milliseconds(50));
    for (const int socket : impl_->shared.open) ::shutdown(socket, SHUT_RDWR);
  }
  impl_->threads.joinAll();
  impl_->server.reset();
}

std::uint16_t Listener::port() const { return impl_->server ? impl_->server->port() : impl_->settings.port; }

std::size_t Listener::open_connections() const { return impl_->shared.slots.taken(); }

}  // namespace varde::http
