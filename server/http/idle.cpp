#include "server/http/idle.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace varde::http {
namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::uint64_t kDescriptor = std::uint64_t{1} << 63;  // marks what watch() named, among the serial numbers

void watch_for(int epoll, int descriptor, std::uint64_t mark, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = mark;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

Idle::Idle(Limits limits) : limits_(limits), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Idle::~Idle() { ::close(epoll_); }

void Idle::watch(int descriptor) {
  watch_for(epoll_, descriptor, kDescriptor | static_cast<std::uint64_t>(descriptor), EPOLLIN);
}

void Idle::add(Link link, Time now) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  Waiting& among = link.served ? served_ : new_;
  const auto place = among.emplace_hint(among.end(), ++last_, Silent{std::move(link), now});
  try {
    watch_for(epoll_, place->second.link.descriptor(), place->first, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
  } catch (...) {
    among.erase(place);
    throw;
  }
}

Idle::Events Idle::wait(std::chrono::milliseconds longest) {
  Events out;
  out.speaking.reserve(kAtOnce), out.descriptors.reserve(kAtOnce);
  std::array<epoll_event, kAtOnce> events{};
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(longest.count()));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t mark = events[static_cast<std::size_t>(i)].data.u64;
    if ((mark & kDescriptor) != 0)
      out.descriptors.push_back(static_cast<int>(mark & ~kDescriptor));
    else if (auto link = take(mark))
      out.speaking.push_back(std::move(*link));
  }
  return out;
}

std::optional<Link> Idle::take(std::uint64_t serial) {
  const std::lock_guard lock(mutex_);
  for (Waiting* among : {&new_, &served_})
    if (auto node = among->extract(serial)) {
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, node.mapped().link.descriptor(), nullptr);
      return std::move(node.mapped().link);
    }
  return std::nullopt;  // it gave way after it had spoken
}

void Idle::drop_silent(Time now) {
  const std::lock_guard lock(mutex_);
  for (Waiting* among : {&new_, &served_})
    while (!among->empty() && now - among->begin()->second.since >= limits_.silence) among->erase(among->begin());
}

std::optional<Link> Idle::first_of(Waiting& all, const std::string_view* address, Time latest) {
  for (auto at = all.begin(); at != all.end() && at->second.since <= latest; ++at) {
    if (address && at->second.link.address() != *address) continue;
    auto node = all.extract(at);
    return std::move(node.mapped().link);
  }
  return std::nullopt;
}

std::optional<Link> Idle::give_way(const std::string_view* address, Time now) {
  const std::lock_guard lock(mutex_);
  if (auto link = first_of(new_, address, now)) return link;
  return first_of(served_, address, now - limits_.patience);
}

void Idle::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  new_.clear(), served_.clear();
}

}  // namespace varde::http
