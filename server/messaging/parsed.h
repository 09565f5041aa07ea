#pragma once
/// @file server/messaging/parsed.h
/// Messages that reception has read and the inbox worker has not come to yet: each is parsed and validated once on its
/// way. Bounded: what does not fit, or was read before a restart, the worker reads again from the stored bytes.
/// Threads: any.
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "mappings/message.h"

namespace varde::messaging {

class Parsed {
 public:
  /// `most_bytes`: of all messages as they were received; their trees take a multiple of it.
  explicit Parsed(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// The oldest make room. What is larger than all the room is not kept.
  void keep(std::int64_t inbox_id, std::string_view bytes, mappings::Message message);
  /// nullopt where there is none, or it was read from other bytes: of a row whose commit failed, and whose number
  /// another message has now.
  std::optional<mappings::Message> take(std::int64_t inbox_id, std::string_view bytes);

 private:
  struct Entry {
    std::int64_t inbox_id;
    std::size_t size, hash;
    mappings::Message message;
  };
  using Entries = std::list<Entry>;
  void drop(Entries::iterator entry);

  const std::size_t most_bytes_;
  std::mutex mutex_;
  Entries entries_;  ///< the oldest first
  std::map<std::int64_t, Entries::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace varde::messaging
