#include "server/access/key_source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "server/access/fetch.h"

namespace varde::access {
FetchKeys keys_in_file(std::string path) {
  return [path = std::move(path)]() -> std::optional<std::string> {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
}

FetchKeys keys_at(std::string address) {
  return [address = std::move(address)] { return fetch(address); };
}

KeySource::KeySource(FetchKeys fetch, Times times, Steady now)
    : fetch_(std::move(fetch)), times_(times), now_(std::move(now)) {}

std::vector<Key> KeySource::chosen(const Keys& keys, const std::string& kid) {
  std::vector<Key> out;
  if (keys)
    std::copy_if(keys->begin(), keys->end(), std::back_inserter(out),
                 [&](const Key& key) { return kid.empty() || key.id() == kid; });
  return out;
}

std::vector<Key> KeySource::find(const std::string& kid) { return chosen(keys_for(kid), kid); }

bool KeySource::has_keys() {
  const Keys keys = keys_for({});
  return keys && !keys->empty();
}

KeySource::Keys KeySource::keys_for(const std::string& kid) {
  const auto enough = [&](SteadyTime now) {  // under the lock
    if (was_asked_ && now - asked_ < times_.pause) return true;
    return keys_ && now - had_ < times_.fresh && !chosen(keys_, kid).empty();
  };
  const auto current = [&](SteadyTime now) { return keys_ && now - had_ < times_.longest_stale ? keys_ : Keys(); };
  {
    const std::lock_guard lock(mutex_);
    if (const auto now = now_(); enough(now)) return current(now);
  }
  // Whoever comes while one fetches waits only where there is nothing to go on with.
  std::unique_lock one(fetching_, std::defer_lock);
  {
    const std::unique_lock lock(mutex_);
    const bool something = current(now_()) != nullptr;
    if (something && !one.try_lock()) return current(now_());
  }
  if (!one.owns_lock()) one.lock();
  {
    const std::lock_guard lock(mutex_);
    if (const auto now = now_(); enough(now)) return current(now);
    was_asked_ = true, asked_ = now_();
  }
  const auto text = fetch_();
  auto keys = text ? read_key_set(*text) : std::nullopt;
  const std::lock_guard lock(mutex_);
  if (keys && !keys->empty()) keys_ = std::make_shared<const std::vector<Key>>(std::move(*keys)), had_ = now_();
  return current(now_());
}

}  // namespace varde::access
