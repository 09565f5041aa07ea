#include "server/storage/page_sessions.h"

#include <algorithm>

#include "server/storage/sql.h"

namespace varde::storage::page_sessions {
namespace {

constexpr std::chrono::minutes kPause{1};  // between two sweeps, however soon the next one ends

constexpr sql::Query kPut{
    "INSERT INTO page_session (key, sealed, begun, used, ends, subject, of_issuer) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
constexpr sql::Query kFind{
    "SELECT key, sealed, begun, used, ends, subject, of_issuer FROM page_session WHERE key = ?1"};
constexpr sql::Query kUse{"UPDATE page_session SET used = ?2, ends = ?3 WHERE key = ?1 AND used < ?2"};
constexpr sql::Query kRemove{"DELETE FROM page_session WHERE key = ?1"};
constexpr sql::Query kRemoveOfSubject{"DELETE FROM page_session WHERE subject = ?1"};
constexpr sql::Query kRemoveOfIssuer{"DELETE FROM page_session WHERE of_issuer = ?1"};
constexpr sql::Query kRemoveOfBoth{"DELETE FROM page_session WHERE of_issuer = ?1 AND subject = ?2"};
constexpr sql::Query kRemoveEnded{"DELETE FROM page_session WHERE ends <= ?1"};
constexpr sql::Query kNextEnd{"SELECT ends FROM page_session WHERE ends > ?1 ORDER BY ends LIMIT 1"};

}  // namespace

void put(Transaction& transaction, const Row& row) {
  transaction.connection().run(kPut, sql::Blob{row.key}, row.sealed, row.begun, row.used, row.ends,
                               sql::Blob{row.subject}, sql::Blob{row.of_issuer});
  const auto at = due::at(transaction, DueKind::page_session, PatientKey::none, "");
  if (!at || *at > row.ends) due::put(transaction, {DueKind::page_session, PatientKey::none, "", row.ends});
}

std::optional<Row> find(const Snapshot& snapshot, std::string_view key) {
  auto rows = snapshot.connection_of_common().query(kFind, sql::Blob{key});
  if (!rows.next()) return std::nullopt;
  return Row{rows.string(0),  rows.string(1), rows.instant(2), rows.instant(3),
             rows.instant(4), rows.string(5), rows.string(6)};
}

void set_used(Transaction& transaction, std::string_view key, Instant used, Instant ends) {
  transaction.connection_of_common().run(kUse, sql::Blob{key}, used, ends);
}

void remove(Transaction& transaction, std::string_view key) {
  transaction.connection_of_common().run(kRemove, sql::Blob{key});
}

void remove_of(Transaction& transaction, std::string_view subject, std::string_view of_issuer) {
  auto& connection = transaction.connection_of_common();
  if (of_issuer.empty())
    connection.run(kRemoveOfSubject, sql::Blob{subject});
  else if (subject.empty())
    connection.run(kRemoveOfIssuer, sql::Blob{of_issuer});
  else
    connection.run(kRemoveOfBoth, sql::Blob{of_issuer}, sql::Blob{subject});
}

void sweep(Transaction& transaction, const DueRow& due) {
  auto& connection = transaction.connection();
  connection.run(kRemoveEnded, transaction.now());
  std::optional<Instant> at;
  if (auto next = connection.query(kNextEnd, transaction.now()); next.next()) at = next.instant(0);
  if (at)
    due::put(transaction, {due.kind, due.patient, due.subject, std::max(*at, transaction.now() + kPause)});
  else
    due::remove(transaction, due.kind, due.patient, due.subject);
}

}  // namespace varde::storage::page_sessions
