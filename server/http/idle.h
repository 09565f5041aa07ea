#pragma once
/// @file server/http/idle.h
/// Connections that are open and say nothing: none of them has a thread. One thread watches them all; it is given those
/// that begin to speak, and closes those that have been silent too long. When no more can be open, somebody silent
/// gives way to a newcomer: who was never served before who was, the longest wait first.
/// Source: epoll(7).
/// Threads: add() and close() from any, the rest from the one that watches.
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "server/http/link.h"

namespace varde::http {

class Idle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Limits {
    std::chrono::milliseconds silence{30000};  ///< how long a connection may say nothing
    std::chrono::milliseconds patience{5000};  ///< how long one that was served gives way to nobody
  };
  /// What a wait ended with.
  struct Events {
    std::vector<Link> speaking;    ///< have bytes to read, or were closed from the other side
    std::vector<int> descriptors;  ///< of watch() that are readable
  };

  explicit Idle(Limits limits);  ///< throws std::system_error
  ~Idle();
  Idle(const Idle&) = delete;

  void watch(int descriptor);  ///< beside the connections; throws std::system_error
  /// Watches `link` from now on. Throws std::system_error and std::bad_alloc: it is closed.
  void add(Link link, Time now);
  /// Waits so long for somebody to speak. Throws std::bad_alloc.
  Events wait(std::chrono::milliseconds longest);
  void drop_silent(Time now);  ///< closes those whose time is over
  /// One connection less (of that address, where one is given): null when nobody can give way.
  std::optional<Link> give_way(const std::string_view* address, Time now);
  void close();  ///< closes all, and from now on whoever is added

 private:
  struct Silent {
    Link link;
    Time since;
  };
  using Waiting = std::map<std::uint64_t, Silent>;  ///< in the order in which they fell silent

  std::optional<Link> take(std::uint64_t serial);
  static std::optional<Link> first_of(Waiting& all, const std::string_view* address, Time latest);

  const Limits limits_;
  const int epoll_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  Waiting new_, served_;
  bool closed_ = false;
};

}  // namespace varde::http
