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
#include <mutex>
#include <set>
#include <system_error>

namespace varde::http {
namespace {

using Poco::Net::StreamSocket;

constexpr std::chrono::seconds kSendPatience{30};

/// What all connections share: the signal to stop, and who is open.
struct Shared {
  const WireLimits wire;
  const Answer answer;
  const AnswerRefused refused;
  const int stop_signal = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> accepted = 0;  ///< connections let in and not yet gone
  std::mutex mutex;
  std::condition_variable gone;
  std::set<StreamSocket*> open;

  Shared(WireLimits limits, Answer answers, AnswerRefused refusals)
      : wire(limits), answer(std::move(answers)), refused(std::move(refusals)) {
    if (stop_signal < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Shared() { ::close(stop_signal); }
  Shared(const Shared&) = delete;
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
    const auto deadline = Clock::now() + kSendPatience + std::chrono::seconds(bytes.size() >> 18);
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
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
  Connection(const StreamSocket& socket, Shared& shared) : TCPServerConnection(socket), shared_(shared) {}
  ~Connection() override {
    --shared_.accepted;
    shared_.gone.notify_all();
  }

  void run() override {
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.open.insert(&socket());
    }
    try {
      converse();
    } catch (const std::system_error&) {
      // The other side went away while we were sending: nobody is left to tell.
    }
    const std::lock_guard lock(shared_.mutex);
    shared_.open.erase(&socket());
  }

 private:
  void converse() {
    socket().setNoDelay(true);
    SocketWire wire(static_cast<int>(socket().impl()->sockfd()), shared_);
    Reader reader(wire, shared_.wire);
    std::string out;
    while (true) {
      wire.idle = true;
      Incoming incoming = reader.next();
      if (std::holds_alternative<Closed>(incoming)) return;
      out.clear();
      if (const auto* refusal = std::get_if<Refused>(&incoming)) {
        shared_.refused(*refusal, out);
        wire.send(out);
        return linger();
      }
      const bool keep = shared_.answer(std::get<Received>(incoming), out);
      wire.send(out);
      if (!keep || shared_.stopping) return;
      if (out.capacity() > (1u << 20)) out = {};  // a rare large answer is not kept for the connection's life
    }
  }

  /// Lets a client that is still sending read our refusal: closing at once would reset it away (RFC 9112 9.6).
  void linger() {
    socket().shutdownSend();
    SocketWire wire(static_cast<int>(socket().impl()->sockfd()), shared_);
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
};

class Factory final : public Poco::Net::TCPServerConnectionFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  Poco::Net::TCPServerConnection* createConnection(const StreamSocket& socket) override {
    return new Connection(socket, shared_);  // owned by Poco's dispatcher
  }

 private:
  Shared& shared_;
};

/// Lets in as many as there are threads; the next one is told to come back.
class Door final : public Poco::Net::TCPServerConnectionFilter {
 public:
  Door(Shared& shared, std::size_t most, std::string busy) : shared_(shared), most_(most), busy_(std::move(busy)) {}
  bool accept(const StreamSocket& socket) override {
    if (++shared_.accepted <= most_) return true;
    --shared_.accepted;
    StreamSocket refused(socket);
    const int descriptor = static_cast<int>(refused.impl()->sockfd());
    (void)::send(descriptor, busy_.data(), busy_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    refused.shutdownSend();
    return false;
  }

 private:
  Shared& shared_;
  std::size_t most_;
  std::string busy_;
};

}  // namespace

struct Listener::Impl {
  ListenerSettings settings;
  std::string busy;
  Shared shared;
  Poco::ThreadPool threads;
  std::unique_ptr<Poco::Net::TCPServer> server;

  Impl(ListenerSettings given, Answer answer, AnswerRefused refused, std::string busy_answer)
      : settings(std::move(given)),
        busy(std::move(busy_answer)),
        shared(settings.wire, std::move(answer), std::move(refused)),
        threads("http", 2, static_cast<int>(settings.connections) + 1, 60, 512 << 10) {}
};

Listener::Listener(ListenerSettings settings, Answer answer, AnswerRefused refused, std::string busy_answer)
    : impl_(
          std::make_unique<Impl>(std::move(settings), std::move(answer), std::move(refused), std::move(busy_answer))) {}

Listener::~Listener() { stop(); }

void Listener::bind() {
  if (impl_->server) return;
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress(impl_->settings.host, impl_->settings.port), true, false);
  socket.listen(256);
  Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
  params->setMaxThreads(static_cast<int>(impl_->settings.connections));
  params->setMaxQueued(static_cast<int>(impl_->settings.connections));
  params->setThreadIdleTime(Poco::Timespan(2, 0));  // also the longest that stopping may wait for an idle thread
  impl_->server = std::make_unique<Poco::Net::TCPServer>(new Factory(impl_->shared), impl_->threads, socket, params);
  impl_->server->setConnectionFilter(new Door(impl_->shared, impl_->settings.connections, impl_->busy));
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
    for (StreamSocket* socket : impl_->shared.open) ::shutdown(static_cast<int>(socket->impl()->sockfd()), SHUT_RDWR);
  }
  impl_->threads.joinAll();
  impl_->server.reset();
}

std::uint16_t Listener::port() const { return impl_->server ? impl_->server->port() : impl_->settings.port; }

std::size_t Listener::open_connections() const { return impl_->shared.accepted; }

}  // namespace varde::http
