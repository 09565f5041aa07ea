#include "server/storage/audit_log.h"

#include <fmt/format.h>

#include "server/storage/sql.h"

namespace varde::storage::audit_log {
namespace {

constexpr sql::Query kLast{"SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"};
constexpr sql::Insert kAdd{
    "INSERT INTO audit (number, at, patient, agent, event, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
constexpr sql::Insert kWait{"INSERT INTO audit_waiting (at, part, patient, agent, event) VALUES (?1, ?2, ?3, ?4, ?5)"};
constexpr sql::Query kWaiting{"SELECT at, patient, agent, event FROM audit_waiting ORDER BY at, part"};
constexpr sql::Query kSealed{"DELETE FROM audit_waiting"};
constexpr sql::Query kRow{"SELECT number, at, patient, agent, event, hash FROM audit WHERE number = ?1"};
constexpr sql::Query kFrom{
    "SELECT number, at, patient, agent, event, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"};
constexpr sql::Query kAll{
    "SELECT number, at, patient, agent, event, hash FROM audit "
    "WHERE number < ?1 AND at >= ?2 AND at < ?3 ORDER BY number DESC LIMIT ?4"};
constexpr sql::Query kOfPatient{
    "SELECT number, at, patient, agent, event, hash FROM audit "
    "WHERE number < ?1 AND at >= ?2 AND at < ?3 AND patient = ?5 ORDER BY number DESC LIMIT ?4"};
constexpr sql::Query kOfAgent{
    "SELECT number, at, patient, agent, event, hash FROM audit "
    "WHERE number < ?1 AND at >= ?2 AND at < ?3 AND agent = ?5 ORDER BY number DESC LIMIT ?4"};
constexpr sql::Query kOfBoth{
    "SELECT number, at, patient, agent, event, hash FROM audit "
    "WHERE number < ?1 AND at >= ?2 AND at < ?3 AND patient = ?5 AND agent = ?6 ORDER BY number DESC LIMIT ?4"};
constexpr sql::Query kWasOpen{"SELECT value FROM setting WHERE name = ?1"};
constexpr sql::Query kSetOpen{
    "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2"};
constexpr sql::Query kRemember{"INSERT INTO seen_proof (proof, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
constexpr sql::Query kRemembered{"SELECT proof, until FROM seen_proof"};
constexpr sql::Query kForget{"DELETE FROM seen_proof WHERE until <= ?1"};

Row row_of(const sql::Rows& rows) {
  return {rows.integer(0), rows.instant(1), rows.key<PatientKey>(2), rows.string(3), rows.string(4), rows.string(5)};
}

/// That a process has the log open.
std::string mark_of(int place) { return place == 1 ? "audit-open" : fmt::format("audit-open/{}", place); }

std::vector<Row> all_of(sql::Rows rows) {
  std::vector<Row> out;
  while (rows.next()) out.push_back(row_of(rows));
  return out;
}

}  // namespace

std::string sealed_text(const Row& row) {
  return fmt::format("{} {} {} {} {}\n{}", row.number, row.at.time_since_epoch().count(),
                     static_cast<std::int64_t>(row.patient), row.agent.size(), row.agent, row.event);
}

void append(Transaction& transaction, std::vector<Row>& rows, Digest digest) {
  if (!transaction.reaches_everything()) {
    auto& connection = transaction.connection_of_common();  // nobody looks at them but who reaches everything
    for (std::size_t part = 0; part < rows.size(); ++part)
      connection.insert(kWait, rows[part].at, part, rows[part].patient, rows[part].agent, rows[part].event);
    return;
  }
  std::int64_t number = 0;
  std::string hash(32, '\0');
  if (auto last = transaction.connection().query(kLast); last.next()) number = last.integer(0), hash = last.string(1);
  for (Row& row : rows) {
    row.number = ++number;
    row.hash = hash = digest(hash + sealed_text(row));
    transaction.connection().insert(kAdd, row.number, row.at, row.patient, row.agent, row.event, sql::Blob{row.hash});
  }
}

void seal(Transaction& transaction, Digest digest) {
  std::vector<Row> waiting;
  for (auto rows = transaction.connection().query(kWaiting); rows.next();)
    waiting.push_back(
        {.at = rows.instant(0), .patient = rows.key<PatientKey>(1), .agent = rows.string(2), .event = rows.string(3)});
  if (waiting.empty()) return;
  append(transaction, waiting, digest);
  transaction.connection().run_later(kSealed);
}

std::vector<Row> find(const Snapshot& snapshot, const Wanted& wanted, std::size_t count) {
  auto& connection = snapshot.connection();
  if (wanted.patient && wanted.agent)
    return all_of(
        connection.query(kOfBoth, wanted.before, wanted.from, wanted.to, count, *wanted.patient, *wanted.agent));
  if (wanted.patient)
    return all_of(connection.query(kOfPatient, wanted.before, wanted.from, wanted.to, count, *wanted.patient));
  if (wanted.agent)
    return all_of(connection.query(kOfAgent, wanted.before, wanted.from, wanted.to, count, *wanted.agent));
  return all_of(connection.query(kAll, wanted.before, wanted.from, wanted.to, count));
}

std::optional<Row> row(const Snapshot& snapshot, std::int64_t number) {
  auto rows = snapshot.connection().query(kRow, number);
  return rows.next() ? std::optional(row_of(rows)) : std::nullopt;
}

std::vector<Row> from(const Snapshot& snapshot, std::int64_t after, std::size_t count) {
  return all_of(snapshot.connection().query(kFrom, after, count));
}

bool was_left_open(const Snapshot& snapshot, int place) {
  const std::string name = mark_of(place);
  auto rows = snapshot.connection().query(kWasOpen, name);
  return rows.next() && rows.integer(0) != 0;
}

void set_open(Transaction& transaction, int place, bool open) {
  transaction.connection().run(kSetOpen, mark_of(place), open);
}

void remember_proof(Transaction& transaction, std::string_view proof, std::int64_t until_seconds) {
  transaction.connection().run_later(kRemember, sql::Blob{proof}, until_seconds);
}

std::vector<std::pair<std::string, std::int64_t>> remembered_proofs(const Snapshot& snapshot) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (auto rows = snapshot.connection().query(kRemembered); rows.next();)
    out.emplace_back(rows.string(0), rows.integer(1));
  return out;
}

void forget_proofs(Transaction& transaction, std::int64_t now_seconds) {
  transaction.connection().run_later(kForget, now_seconds);
}

}  // namespace varde::storage::audit_log
