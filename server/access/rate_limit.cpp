#include "server/access/rate_limit.h"

#include <algorithm>

namespace varde::access {

bool RateLimit::take(const std::string& client) {
  if (per_second_ == 0) return true;
  const double most = 2 * per_second_;
  const Time now = now_();
  const std::lock_guard lock(mutex_);
  const auto refilled = [&](const Bucket& bucket) {
    return std::min(most, bucket.left + per_second_ * std::chrono::duration<double>(now - bucket.at).count());
  };
  // Whoever has been quiet is full again, and need not be remembered.
  if (buckets_.size() >= kMostClients)
    std::erase_if(buckets_, [&](const auto& one) { return refilled(one.second) >= most; });
  Bucket& bucket = buckets_.try_emplace(client, Bucket{most, now}).first->second;
  bucket = {refilled(bucket), now};
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace varde::access
