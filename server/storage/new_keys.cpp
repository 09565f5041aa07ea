#include "server/storage/new_keys.h"

namespace varde::storage {
namespace {

constexpr std::array kNewest{
    sql::Query{"SELECT coalesce(max(key), 0) FROM resource"},
    sql::Query{"SELECT coalesce(max(key), 0) FROM patient"},
    sql::Query{"SELECT coalesce(max(key), 0) FROM symbol"},
    sql::Query{"SELECT coalesce(max(id), 0) FROM inbox"},
    sql::Query{"SELECT coalesce(max(id), 0) FROM outbox"},
    sql::Query{"SELECT coalesce(max(number), 0) FROM journal"},
};

}  // namespace

std::int64_t NewKeys::next(sql::Connection& connection, Counted table) {
  const auto index = static_cast<std::size_t>(table);
  auto& last = last_.at(index);
  if (last == 0) {
    auto rows = connection.query(kNewest.at(index));
    rows.next();
    last = rows.integer(0);
  }
  uncommitted_ = true;
  return ++last;
}

void NewKeys::undone() {
  if (uncommitted_) last_ = {};
}

}  // namespace varde::storage
