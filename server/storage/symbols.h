#pragma once
/// @file server/storage/symbols.h
/// The writer's memory of the symbol table (texts that repeat by the million), bounded.
/// Threads: the writer's own.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/storage/new_keys.h"
#include "server/storage/sql.h"

namespace varde::storage {

class Symbols {
 public:
  /// The text's key; nullopt for a new one. Empty text has key 0.
  std::optional<std::int64_t> known(sql::Connection& connection, std::string_view text);
  /// Of a text that has none.
  std::int64_t add(sql::Connection& connection, NewKeys& keys, std::string_view text);
  void committed() { uncommitted_ = false; }
  /// Something was undone: keys given since the last commit may be gone.
  void undone();
  void forget() { keys_.clear(); }

 private:
  void remember(std::string_view text, std::int64_t key);
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> keys_;
  bool uncommitted_ = false;
};

}  // namespace varde::storage
