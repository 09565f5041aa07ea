#pragma once
/// @file server/access/key_source.h
/// The keys of one issuer: read once, kept, looked up by kid. Asked anew when they have become old, or when a token
/// names a key that is not among them: but never more often than `pause`, so that tokens with made-up kids fetch
/// nothing. Where they cannot be had, the old ones are used, but no longer than `longest_stale`. Threads: safe from
/// any; one of them fetches. The others go on with what there is; who has nothing to go on with waits for it, and who
/// asks for a key that is not among the old ones waits a moment: a key that is on its way is never said to be unknown.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/access/key.h"

namespace varde::access {

using SteadyTime = std::chrono::steady_clock::time_point;
using Steady = std::function<SteadyTime()>;
/// The text of a JWK set; nullopt where it cannot be had.
using FetchKeys = std::function<std::optional<std::string>()>;

class KeySource {
 public:
  struct Times {
    std::chrono::seconds fresh{600}, pause{30}, longest_stale{86400};
  };
  KeySource(FetchKeys fetch, Times times, Steady now);
  KeySource(FetchKeys fetch, Times times) : KeySource(std::move(fetch), times, std::chrono::steady_clock::now) {}

  /// Those that a token of that kid may be signed by: the one of that name; where it names none, all.
  std::vector<Key> find(const std::string& kid);
  bool has_keys();  ///< for the check of the settings, and readiness

 private:
  using Keys = std::shared_ptr<const std::vector<Key>>;
  Keys keys_for(const std::string& kid);
  static std::vector<Key> chosen(const Keys& keys, const std::string& kid);

  const FetchKeys fetch_;
  const Times times_;
  const Steady now_;
  std::mutex mutex_;
  std::timed_mutex fetching_;
  Keys keys_;
  SteadyTime had_{}, asked_{};
  bool was_asked_ = false;
};

/// From a file.
FetchKeys keys_in_file(std::string path);
/// By HTTPS (http only of this machine): no redirects, at most 256 KB, five seconds.
FetchKeys keys_at(std::string address);

}  // namespace varde::access
