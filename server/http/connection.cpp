#include "server/http/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace varde::http {
namespace {

constexpr std::size_t kOnePiece = 64u << 10;           // an answer up to this goes out with its head
constexpr std::size_t kKept = 64u << 10;               // of a larger answer's memory, nothing is kept for the next
constexpr std::chrono::milliseconds kThreadWaits{10};  // for the next request, before it goes to others

/// False: the other side has closed its end.
bool still_listens(int descriptor) {
  pollfd watched{descriptor, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) <= 0;
}

}  // namespace

Shared::Shared(const ListenerSettings& settings, Memory& budget, Answer answers, AnswerRefused refusals,
               IsHealth health, std::string busy_answer)
    : wire(settings.wire),
      tls(settings.tls),
      memory(budget),
      answer(std::move(answers)),
      refused(std::move(refusals)),
      is_health(std::move(health)),
      busy(std::move(busy_answer)),
      stop_signal(::eventfd(0, EFD_CLOEXEC)),
      slots(settings.slots, [this](const Slot& slot, Phase phase) { dismiss(slot, phase); }) {
  if (stop_signal < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Shared::~Shared() { ::close(stop_signal); }

/// Not in the midst of TLS, of which another thread may be: there the end alone tells it.
void Shared::say_busy(int descriptor) const {
  if (!tls) (void)::send(descriptor, busy.data(), busy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Shared::send_away(int descriptor) const {
  say_busy(descriptor);
  ::shutdown(descriptor, SHUT_WR);
}

void Shared::dismiss(const Slot& slot, Phase phase) const {
  if (phase == Phase::waiting) say_busy(slot.socket);
  ::shutdown(slot.socket, SHUT_RDWR);
}

class Connection::Socket final : public Wire {
 public:
  Socket(const Link& link, Shared& shared) : descriptor_(link.descriptor()), tls_(link.tls()), shared_(shared) {}

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

  bool speaks_within(std::chrono::milliseconds moment) const {
    if (tls_ && tls_->has_more()) return true;
    pollfd watched[2] = {{descriptor_, POLLIN, 0}, {shared_.stop_signal, POLLIN, 0}};
    return ::poll(watched, 2, static_cast<int>(moment.count())) > 0 && watched[0].revents != 0;
  }

  bool idle = true;  ///< no byte of the next request has arrived

 private:
  int descriptor_;
  TlsSession* tls_;
  Shared& shared_;
};

bool Connection::serve() {
  try {
    return converse();
  } catch (const std::system_error&) {
    return false;  // the other side went away while we were sending: nobody is left to tell
  } catch (const std::exception&) {
    return false;  // no memory even to say so; this connection ends, the others go on
  }
}

bool Connection::converse() {
  Socket wire(link_, shared_);
  WireLimits limits = shared_.wire;
  if (link_.tls()) limits.idle = limits.header;  // shaking hands takes no longer than a header may
  Reader reader(wire, limits, shared_.memory);
  Outgoing out;
  while (slot_.enter(Phase::waiting, Clock::now())) {
    wire.idle = true;
    Incoming incoming = reader.next();
    if (std::holds_alternative<Closed>(incoming) || !slot_.enter(Phase::working, Clock::now())) return false;
    out.head.clear(), out.body.clear(), out.keep = true;
    if (const auto* refusal = std::get_if<Refused>(&incoming)) {
      shared_.refused(*refusal, out);
      send(wire, out);
      linger();
      return false;
    }
    auto& request = std::get<Received>(incoming);
    if (slot_.spare && !shared_.is_health(request.target)) {
      wire.send(shared_.busy);
      return false;
    }
    if (const auto* tls = link_.tls()) request.certificate = tls->client();
    request.address = link_.address();
    request.awaited = [descriptor = slot_.socket] { return still_listens(descriptor); };
    shared_.answer(request, out);
    if (!send(wire, out) || !out.keep || slot_.spare || shared_.stopping) return false;
    slot_.served();
    link_.served = true;
    out.share = {};
    if (out.body.capacity() > kKept) out.body = {};
    if (!reader.has_more() && !goes_on(wire)) return !shared_.stopping;
  }
  return false;
}

/// A thread waits a moment for the next request, which is cheaper than to be called for it; not where others need it.
bool Connection::goes_on(const Socket& wire) {
  slot_.enter(Phase::idle, Clock::now());
  const auto moment = shared_.slots.crowded() ? std::chrono::milliseconds(0) : kThreadWaits;
  return wire.speaks_within(moment) && !shared_.slots.crowded();
}

/// False: the connection was told to leave.
bool Connection::send(Socket& wire, Outgoing& out) {
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
void Connection::linger() {
  ::shutdown(slot_.socket, SHUT_WR);
  Socket wire(link_, shared_);
  char dropped[4096];
  const auto deadline = Clock::now() + std::chrono::seconds(1);
  std::size_t left = 1u << 20;
  while (left > 0) {
    const std::ptrdiff_t got = wire.receive(dropped, sizeof dropped, deadline);
    if (got <= 0) return;
    left -= std::min(left, static_cast<std::size_t>(got));
  }
}

}  // namespace varde::http
