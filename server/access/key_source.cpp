#include "server/access/key_source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "server/access/fetch.h"

namespace varde::access {
namespace {

/// How long a request waits for a key that another one's fetch may bring.
constexpr std::chrono::seconds kMoment{1};

}  // namespace

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
  std::unique_lock one(fetching_, std::defer_lock);
  bool something = false, this_one = false;
  {
    const std::lock_guard lock(mutex_);
    const Keys had = current(now_());
    something = had != nullptr, this_one = !chosen(had, kid).empty();
  }
  if (!something)
    one.lock();
  else if (!(this_one ? one.try_lock() : one.try_lock_for(kMoment))) {
    const std::lock_guard lock(mutex_);
    return current(now_());
  }
  {
    const std::lock_guard lock(mutex_);
    if (const auto now = now_(); enough(now)) return current(now);
  }
  const auto text = fetch_();
  auto keys = text ? read_key_set(*text) : std::nullopt;
  const std::lock_guard lock(mutex_);
  was_asked_ = true, asked_ = now_();  // now, not before: until then the answer is on its way
  if (keys && !keys->empty()) keys_ = std::make_shared<const std::vector<Key>>(std::move(*keys)), had_ = now_();
  return current(now_());
}

}  // namespace varde::access
