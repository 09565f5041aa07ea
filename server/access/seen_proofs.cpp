#include "server/access/seen_proofs.h"

namespace varde::access {

void SeenProofs::forget(Seconds now) {
  while (!by_time_.empty() && by_time_.top().first <= now) {
    seen_.erase(by_time_.top().second);
    by_time_.pop();
  }
}

SeenProofs::Is SeenProofs::use(const std::string& proof, Seconds until, Seconds now) {
  {
    const std::lock_guard lock(mutex_);
    forget(now);
    if (seen_.contains(proof)) return Is::used;
    if (seen_.size() >= most_) return Is::too_many;
    seen_.emplace(proof, until);
    by_time_.emplace(until, proof);
  }
  return remember_ && !remember_(proof, until) ? Is::used : Is::fresh;
}

void SeenProofs::restore(const std::string& proof, Seconds until) {
  const std::lock_guard lock(mutex_);
  if (seen_.emplace(proof, until).second) by_time_.emplace(until, proof);
}

std::size_t SeenProofs::size() const {
  const std::lock_guard lock(mutex_);
  return seen_.size();
}

}  // namespace varde::access
