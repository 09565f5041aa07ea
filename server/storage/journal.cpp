#include "server/storage/journal.h"

#include "server/storage/new_keys.h"
#include "server/storage/sql.h"

namespace varde::storage::journal {
namespace {

// clang-format off
constexpr sql::Query kPut{"INSERT INTO journal (number, patient, composition, version) VALUES (?1, ?2, ?3, ?4)"};
constexpr sql::Query kAfter{
    "SELECT number, patient, composition, version FROM journal WHERE number > ?1 ORDER BY number LIMIT ?2"};
constexpr sql::Query kNewest{"SELECT coalesce(max(number), 0) FROM journal"};
constexpr sql::Query kAcknowledged{"SELECT acknowledged FROM journal_receiver WHERE name = ?1"};
constexpr sql::Query kAcknowledge{
    "INSERT INTO journal_receiver (name, acknowledged, at) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (name) DO UPDATE SET acknowledged = excluded.acknowledged, at = excluded.at"};
constexpr sql::Query kReceivers{"SELECT count(*) FROM journal_receiver"};
// clang-format on

std::int64_t one_number(sql::Rows rows) { return rows.next() ? rows.integer(0) : 0; }

}  // namespace

void put(Transaction& transaction, PatientKey patient, ResourceKey composition, std::int64_t version) {
  transaction.connection().run_later(kPut, transaction.new_key(Counted::journal), patient, composition, version);
}

std::vector<Row> after(const Snapshot& snapshot, std::int64_t number, std::size_t count) {
  std::vector<Row> found;
  for (auto rows = snapshot.connection().query(kAfter, number, count); rows.next();)
    found.push_back({rows.integer(0), rows.key<PatientKey>(1), rows.key<ResourceKey>(2), rows.integer(3)});
  return found;
}

std::int64_t newest(const Snapshot& snapshot) { return one_number(snapshot.connection().query(kNewest)); }

std::optional<std::int64_t> acknowledged(const Snapshot& snapshot, std::string_view receiver) {
  auto rows = snapshot.connection().query(kAcknowledged, receiver);
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

void acknowledge(Transaction& transaction, std::string_view receiver, std::int64_t number) {
  transaction.connection().run_later(kAcknowledge, receiver, number, transaction.now());
}

std::size_t receivers(const Snapshot& snapshot) {
  return static_cast<std::size_t>(one_number(snapshot.connection().query(kReceivers)));
}

}  // namespace varde::storage::journal
