#include "server/storage/due.h"

#include "server/storage/sql.h"

namespace varde::storage::due {
namespace {

constexpr sql::Query kPut{
    "INSERT INTO due (kind, patient, subject, at) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (kind, patient, subject) DO UPDATE SET at = excluded.at"};
constexpr sql::Query kRemove{"DELETE FROM due WHERE kind = ?1 AND patient = ?2 AND subject = ?3"};
constexpr sql::Query kRemoveAll{"DELETE FROM due WHERE kind = ?1 AND patient = ?2"};
constexpr sql::Query kReady{"SELECT kind, patient, subject, at FROM due WHERE at <= ?1 ORDER BY at LIMIT ?2"};
constexpr sql::Query kOf{
    "SELECT kind, patient, subject, at FROM due WHERE kind = ?1 AND patient = ?2 ORDER BY subject"};
constexpr sql::Query kAt{"SELECT at FROM due WHERE kind = ?1 AND patient = ?2 AND subject = ?3"};
constexpr sql::Query kPostpone{"UPDATE due SET at = at + ?2 WHERE kind = ?1"};

std::vector<DueRow> all_rows(sql::Rows rows) {
  std::vector<DueRow> found;
  while (rows.next()) found.push_back({rows.key<DueKind>(0), rows.key<PatientKey>(1), rows.string(2), rows.instant(3)});
  return found;
}

}  // namespace

void put(Transaction& transaction, const DueRow& row) {
  transaction.connection_of(row.patient).run_later(kPut, row.kind, row.patient, row.subject, row.at);
}

void remove(Transaction& transaction, DueKind kind, PatientKey patient, std::string_view subject) {
  transaction.connection_of(patient).run_later(kRemove, kind, patient, subject);
}

void remove_all(Transaction& transaction, DueKind kind, PatientKey patient) {
  transaction.connection_of(patient).run_later(kRemoveAll, kind, patient);
}

std::vector<DueRow> ready(const Snapshot& snapshot, Instant now, std::size_t count) {
  return all_rows(snapshot.connection().query(kReady, now, count));
}

std::vector<DueRow> of(const Snapshot& snapshot, DueKind kind, PatientKey patient) {
  return all_rows(snapshot.connection_of(patient).query(kOf, kind, patient));
}

std::optional<Instant> at(const Snapshot& snapshot, DueKind kind, PatientKey patient, std::string_view subject) {
  auto rows = snapshot.connection_of(patient).query(kAt, kind, patient, subject);
  return rows.next() ? std::optional(rows.instant(0)) : std::nullopt;
}

void postpone(Transaction& transaction, DueKind kind, std::chrono::microseconds by) {
  transaction.connection().run(kPostpone, kind, by.count());
}

}  // namespace varde::storage::due
