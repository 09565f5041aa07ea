#pragma once
/// @file server/access/rate_limit.h
/// How many requests one client may make: so many a second on average, and twice as many at once.
/// Source: RFC 6585 4 (429), RFC 9110 10.2.3 (Retry-After)
/// Threads: safe from any.
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace varde::access {

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// `per_second` 0: any number.
  explicit RateLimit(std::size_t per_second, std::function<Time()> now = std::chrono::steady_clock::now)
      : per_second_(static_cast<double>(per_second)), now_(std::move(now)) {}

  /// False: that client has to wait a second.
  bool take(const std::string& client);

 private:
  struct Bucket {
    double left;
    Time at;
  };
  static constexpr std::size_t kMostClients = 10'000;
  const double per_second_;
  const std::function<Time()> now_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace varde::access
