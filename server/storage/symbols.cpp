#include "server/storage/symbols.h"

namespace varde::storage {
namespace {

constexpr std::size_t kRemembered = 20000;  // a sender that invents systems must not fill the memory
constexpr sql::Query kFind{"SELECT key FROM symbol WHERE text = ?1"};
constexpr sql::Insert kAdd{"INSERT INTO symbol (key, text) VALUES (?1, ?2)"};

}  // namespace

std::int64_t Symbols::key(sql::Connection& connection, NewKeys& keys, std::string_view text) {
  if (text.empty()) return 0;
  if (const auto known = keys_.find(text); known != keys_.end()) return known->second;
  if (keys_.size() >= kRemembered) keys_.clear();

  std::int64_t key = 0;
  if (auto rows = connection.query(kFind, text); rows.next()) key = rows.integer(0);
  if (key == 0) {
    key = keys.next(connection, Counted::symbol);
    connection.insert(kAdd, key, text);
    uncommitted_ = true;
  }
  keys_.emplace(text, key);
  return key;
}

void Symbols::undone() {
  if (uncommitted_) keys_.clear();
}

}  // namespace varde::storage
