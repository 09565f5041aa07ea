#include "server/storage/symbols.h"

namespace varde::storage {
namespace {

constexpr std::size_t kRemembered = 20000;  // a sender that invents systems must not fill the memory
constexpr sql::Query kFind{"SELECT key FROM symbol WHERE text = ?1"};
constexpr sql::Insert kAdd{"INSERT INTO symbol (key, text) VALUES (?1, ?2)"};

}  // namespace

std::optional<std::int64_t> Symbols::known(sql::Connection& connection, std::string_view text) {
  if (text.empty()) return 0;
  if (const auto known = keys_.find(text); known != keys_.end()) return known->second;
  auto rows = connection.query(kFind, text);
  if (!rows.next()) return std::nullopt;
  const auto key = rows.integer(0);
  remember(text, key);
  return key;
}

std::int64_t Symbols::add(sql::Connection& connection, NewKeys& keys, std::string_view text) {
  const auto key = keys.next(connection, Counted::symbol);
  connection.insert(kAdd, key, text);
  uncommitted_ = true;
  remember(text, key);
  return key;
}

void Symbols::remember(std::string_view text, std::int64_t key) {
  if (keys_.size() >= kRemembered) keys_.clear();
  keys_.emplace(text, key);
}

void Symbols::undone() {
  if (uncommitted_) keys_.clear();
}

}  // namespace varde::storage
