#pragma once
/// @file server/access/seen_proofs.h
/// Proofs of possession that were used: each works once.
/// Threads: safe from any.
#include <chrono>
#include <functional>
#include <mutex>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varde::access {

using Seconds = std::chrono::sys_seconds;

class SeenProofs {
 public:
  /// `remember` is told of every new one and says whether nobody else, such as another process, knows it; what was told
  /// is brought back by restore() after a restart.
  using Remember = std::function<bool(const std::string& proof, Seconds until)>;
  explicit SeenProofs(Remember remember = {}, std::size_t most = 1'000'000)
      : remember_(std::move(remember)), most_(most) {}

  enum class Is : std::uint8_t { fresh, used, too_many };
  /// `proof`: a digest of what tells proofs apart. Nothing may be used again before `until`.
  Is use(const std::string& proof, Seconds until, Seconds now);
  void restore(const std::string& proof, Seconds until);
  std::size_t size() const;

 private:
  void forget(Seconds now);
  const Remember remember_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Seconds> seen_;
  std::priority_queue<std::pair<Seconds, std::string>, std::vector<std::pair<Seconds, std::string>>, std::greater<>>
      by_time_;
};

}  // namespace varde::access
