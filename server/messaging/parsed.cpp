#include "server/messaging/parsed.h"

#include <functional>
#include <utility>

namespace varde::messaging {

void Parsed::drop(Entries::iterator entry) {
  bytes_ -= entry->size;
  by_id_.erase(entry->inbox_id);
  entries_.erase(entry);
}

void Parsed::keep(std::int64_t inbox_id, std::string_view bytes, mappings::Message message) {
  const std::lock_guard lock(mutex_);
  if (const auto earlier = by_id_.find(inbox_id); earlier != by_id_.end()) drop(earlier->second);
  if (bytes.size() > most_bytes_) return;
  while (bytes_ + bytes.size() > most_bytes_) drop(entries_.begin());
  entries_.push_back({inbox_id, bytes.size(), std::hash<std::string_view>{}(bytes), std::move(message)});
  by_id_.emplace(inbox_id, std::prev(entries_.end()));
  bytes_ += bytes.size();
}

std::optional<mappings::Message> Parsed::take(std::int64_t inbox_id, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(inbox_id);
  if (found == by_id_.end()) return std::nullopt;
  const auto entry = found->second;
  const bool same = entry->size == bytes.size() && entry->hash == std::hash<std::string_view>{}(bytes);
  std::optional<mappings::Message> message;
  if (same) message = std::move(entry->message);
  drop(entry);
  return message;
}

}  // namespace varde::messaging
