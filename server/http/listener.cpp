#include "server/http/listener.h"

#include <Poco/Net/ServerSocket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>

#include "server/http/connection.h"
#include "server/http/idle.h"
#include "server/http/threads.h"

namespace varde::http {
namespace {

constexpr std::chrono::milliseconds kUntilOneLeaves{20};  // without descriptors or memory for one more
constexpr std::chrono::milliseconds kTick{1000};          // how late a silent connection may be closed
constexpr int kAcceptedAtOnce = 64;                       // before those that speak have their turn

std::string cannot_listen(const std::string& host, std::uint16_t port, const Poco::Exception& error) {
  const std::string where =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  if (error.code() == EADDRINUSE)
    return "cannot listen on " + where + ": the port is in use by another program; stop it, or choose another port " +
           "(--listen HOST:PORT, setting listen)";
  return "cannot listen on " + where + ": " + error.displayText();
}

/// Lets connections in, watches the silent ones, and gives who speaks a slot and a thread.
class Acceptor {
 public:
  Acceptor(Shared& shared, Idle& idle, Threads& threads, OpenLimits limits)
      : shared_(shared), idle_(idle), threads_(threads), limits_(limits) {}

  void run(int listening) {
    idle_.watch(listening), idle_.watch(shared_.stop_signal);
    while (!shared_.stopping) try {
        Idle::Events events = idle_.wait(kTick);
        idle_.drop_silent(Clock::now());
        for (Link& link : events.speaking) give_thread(std::move(link));
        if (std::ranges::count(events.descriptors, listening) > 0) accept_some(listening);
      } catch (const std::exception&) {
        // No memory for one more: it is closed, the others go on.
      }
  }

 private:
  void accept_some(int listening) {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      const int descriptor =
          ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (descriptor >= 0)
        let_in(descriptor, Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size));
      else if (errno == EAGAIN)
        return;
      else if (errno != ECONNABORTED && errno != EINTR && !idle_.give_way(nullptr, Clock::now()))
        return std::this_thread::sleep_for(kUntilOneLeaves);
    }
  }

  void let_in(int descriptor, const Poco::Net::SocketAddress& peer) {
    Link link(descriptor, peer.host().toString(), shared_.census);
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::string_view address = link.address();
    const bool is_of_many = limits_.is_of_many && limits_.is_of_many(address);
    if (!is_of_many && shared_.census.of(address) > limits_.of_one_address && !make_room(&address))
      return shared_.send_away(descriptor);
    if (shared_.census.all() > limits_.all && !make_room(nullptr)) return shared_.send_away(descriptor);
    if (shared_.tls) link.encrypt(shared_.tls->session(descriptor));
    idle_.add(std::move(link), Clock::now());
  }

  bool make_room(const std::string_view* address) {
    const auto leaving = idle_.give_way(address, Clock::now());
    if (leaving) shared_.send_away(leaving->descriptor());
    return leaving.has_value();
  }

  void give_thread(Link link) {
    const int descriptor = link.descriptor();
    auto slot = shared_.slots.admit(descriptor, link.address(), Clock::now());
    if (!slot) return shared_.send_away(descriptor);
    if (link.served) slot->served();
    Admitted connection(std::move(link), std::move(slot), shared_.slots);
    if (!threads_.hand_over(connection)) shared_.send_away(descriptor);
  }

  Shared& shared_;
  Idle& idle_;
  Threads& threads_;
  const OpenLimits limits_;
};

}  // namespace

struct Listener::Impl {
  ListenerSettings settings;
  Shared shared;
  Idle idle;
  Threads threads;
  std::optional<Poco::Net::ServerSocket> socket;
  std::thread accepting;

  Impl(ListenerSettings given, Memory& memory, Answer answer, AnswerRefused refused, IsHealth is_health,
       std::string busy)
      : settings(std::move(given)),
        shared(settings, memory, std::move(answer), std::move(refused), std::move(is_health), std::move(busy)),
        idle({settings.wire.idle, settings.slots.patience}),
        threads(settings.slots.all + settings.slots.spare, [this](Admitted& one) { serve(one); }) {
    if (settings.open.of_one_address == 0) settings.open.of_one_address = settings.open.all - settings.open.all / 4;
  }

  void serve(Admitted& one) {
    if (!Connection(one.link(), one.slot(), shared).serve()) return;
    try {
      idle.add(one.leave(), Clock::now());
    } catch (const std::exception&) {
      // No memory to watch it: it is closed, and its client connects again.
    }
  }
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
    Acceptor(impl->shared, impl->idle, impl->threads, impl->settings.open)
        .run(static_cast<int>(impl->socket->impl()->sockfd()));
  });
}

void Listener::stop() {
  if (!impl_->accepting.joinable()) return;
  impl_->shared.stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(impl_->shared.stop_signal, &one, sizeof one);
  impl_->accepting.join();
  impl_->socket->close();
  impl_->idle.close();
  impl_->shared.slots.empty(impl_->settings.grace);
  impl_->threads.stop();
}

std::uint16_t Listener::port() const { return impl_->settings.port; }

std::size_t Listener::open_connections() const { return impl_->shared.census.all(); }

}  // namespace varde::http
