#include "server/http/threads.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace varde::http {
namespace {

constexpr std::size_t kFirst = 2;
constexpr std::size_t kStackBytes = 512u << 10;

}  // namespace

Socket::~Socket() {
  tls_.reset();  // says goodbye by the socket
  if (descriptor_ >= 0) ::close(descriptor_);
}

Threads::Threads(std::size_t most, std::function<void(Admitted&)> serve)
    : most_(std::max(most, kFirst)), serve_(std::move(serve)) {
  threads_.reserve(most_);  // a thread that runs and is not listed would never be waited for
}

Threads::~Threads() { stop(); }

void Threads::start() {
  const std::lock_guard lock(mutex_);
  while (threads_.size() < kFirst)
    if (!start_one()) throw std::system_error(EAGAIN, std::generic_category(), "threads for connections");
}

bool Threads::hand_over(Admitted& connection) {
  {
    const std::lock_guard lock(mutex_);
    const bool somebody = idle_ > queue_.size() || threads_.size() == most_;  // of all, some are on their way out
    if (!somebody && !start_one()) return false;
    queue_.push_back(std::move(connection));
  }
  arrived_.notify_one();
  return true;
}

void Threads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (const pthread_t thread : threads_) ::pthread_join(thread, nullptr);
  threads_.clear();
  queue_.clear();
}

// std::thread can neither be given a stack size nor be started without memory of its own.
bool Threads::start_one() {
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread{};
  const bool started = ::pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
                       ::pthread_create(&thread, &attributes, &Threads::begin, this) == 0;
  ::pthread_attr_destroy(&attributes);
  if (started) threads_.push_back(thread);
  return started;
}

void* Threads::begin(void* self) {
  ::pthread_setname_np(::pthread_self(), "http");
  static_cast<Threads*>(self)->work();
  return nullptr;
}

void Threads::work() {
  while (true) {
    std::optional<Admitted> connection;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (stopping_) return;
      connection.emplace(std::move(queue_.front()));
      queue_.pop_front();
    }
    serve_(*connection);
  }
}

}  // namespace varde::http
