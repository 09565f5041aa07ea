#include "server/storage/messages.h"

#include <array>
#include <limits>
#include <stdexcept>

#include "server/storage/keys.h"
#include "server/storage/new_keys.h"
#include "server/storage/sql.h"

namespace varde::storage {
namespace {

constexpr std::array<std::string_view, 5> kInboxStates{"received", "processed", "refused", "duplicate", "unreadable"};
constexpr std::array<std::string_view, 6> kOutboxStates{"queued", "sent", "delivered", "refused", "overdue", "failed"};

/// Newest first starts below everything.
std::int64_t below(std::int64_t before) { return before == 0 ? std::numeric_limits<std::int64_t>::max() : before; }

/// What changes a message must find it: anything else is our own mistake.
void changed_one(std::int64_t changes) {
  if (changes != 1) throw std::logic_error("no such message");
}

/// -1 for a patient whom we do not know: nothing is about that one.
std::optional<std::int64_t> patient_of(const Snapshot& snapshot, const MessageFilter& filter) {
  if (!filter.patient_id) return std::nullopt;
  const auto key = snapshot.patient_key(*filter.patient_id);
  return key == PatientKey::none ? -1 : static_cast<std::int64_t>(key);
}

template <class Row>
std::vector<Row> all_rows(sql::Rows rows, Row (*read)(const sql::Rows&)) {
  std::vector<Row> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

template <class Row>
std::optional<Row> one_row(sql::Rows rows, Row (*read)(const sql::Rows&)) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace

std::string_view name_of(InboxState state) { return kInboxStates.at(static_cast<std::size_t>(state)); }
std::string_view name_of(OutboxState state) { return kOutboxStates.at(static_cast<std::size_t>(state)); }

namespace inbox {
namespace {

// clang-format off
#define INBOX_ROW "id, received, source, sender_her, msg_id, type, state, original, communication, apprec_status, detail"
constexpr sql::Query kAdd{"INSERT INTO inbox (id, received, source, state, bytes) VALUES (?1, ?2, ?3, ?4, ?5)"};
constexpr sql::Query kIdentify{
    "UPDATE inbox SET sender_her = ?2, msg_id = ?3, type = ?4, original = ?5, state = ?6 WHERE id = ?1"};
constexpr sql::Query kFinish{
    "UPDATE inbox SET state = ?2, communication = ?3, apprec = ?4, apprec_status = ?5, detail = ?6 WHERE id = ?1"};
constexpr sql::Query kGet{"SELECT " INBOX_ROW ", apprec, bytes FROM inbox WHERE id = ?1"};
constexpr sql::Query kFirst{
    "SELECT " INBOX_ROW ", apprec, bytes FROM inbox "
    "WHERE sender_her = ?1 AND msg_id = ?2 AND original IS NULL AND msg_id IS NOT NULL"};
constexpr sql::Query kByMsgId{"SELECT " INBOX_ROW ", apprec, bytes FROM inbox WHERE msg_id = ?1 ORDER BY id"};
constexpr sql::Query kInState{
    "SELECT " INBOX_ROW ", apprec, bytes FROM inbox WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kLog{
    "SELECT " INBOX_ROW ", NULL, NULL FROM inbox WHERE id < ?1 AND (?3 IS NULL OR lower(msg_id) = lower(?3)) "
    "AND (?4 IS NULL OR sender_her = ?4) AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR state = ?6) "
    "AND (?7 IS NULL OR received >= ?7) AND (?8 IS NULL OR received < ?8) AND (?9 IS NULL OR EXISTS "
    "(SELECT 1 FROM resource WHERE type = ?10 AND id = communication AND patient = ?9)) ORDER BY id DESC LIMIT ?2"};
// A row that names itself as its original is the first of nobody any more.
constexpr sql::Query kLetComeAgain{
    "UPDATE inbox SET original = id WHERE id = ?1 AND original IS NULL AND coalesce(apprec_status, '') = '' AND state IN (?2, ?3)"};
#undef INBOX_ROW
// clang-format on

InboxRow read(const sql::Rows& row) {
  return {.id = row.integer(0),
          .received = row.instant(1),
          .source = row.string(2),
          .sender_her = row.string(3),
          .msg_id = row.string(4),
          .type = row.string(5),
          .state = row.key<InboxState>(6),
          .original = row.integer(7),
          .communication_id = row.string(8),
          .apprec = row.string(11),
          .apprec_status = row.string(9),
          .detail = row.string(10),
          .bytes = row.string(12)};
}

}  // namespace

std::int64_t add(Transaction& transaction, std::string_view source, std::string_view bytes) {
  const auto id = transaction.new_key(Counted::inbox);
  transaction.connection().run(kAdd, id, transaction.now(), source, InboxState::received, sql::Blob{bytes});
  return id;
}

std::optional<InboxRow> identify(Transaction& transaction, std::int64_t id, std::string_view sender_her,
                                 std::string_view msg_id, std::string_view type) {
  // Without a MsgId nothing can be told apart: such rows are never duplicates of each other.
  const auto known_id = msg_id.empty() ? std::nullopt : std::optional(msg_id);
  auto original = known_id ? first(transaction, sender_her, *known_id) : std::nullopt;
  if (original && original->id == id) original.reset();
  auto& connection = transaction.connection();
  changed_one(original ? connection.run(kIdentify, id, sender_her, known_id, type, original->id, InboxState::duplicate)
                       : connection.run(kIdentify, id, sender_her, known_id, type, std::nullopt, InboxState::received));
  return original;
}

void finish(Transaction& transaction, std::int64_t id, const InboxOutcome& outcome) {
  changed_one(transaction.connection().run(kFinish, id, outcome.state, outcome.communication_id, outcome.apprec,
                                           outcome.apprec_status, outcome.detail));
}

std::optional<InboxRow> get(const Snapshot& snapshot, std::int64_t id) {
  return one_row(snapshot.connection().query(kGet, id), read);
}

std::optional<InboxRow> first(const Snapshot& snapshot, std::string_view sender_her, std::string_view msg_id) {
  return one_row(snapshot.connection().query(kFirst, sender_her, msg_id), read);
}

std::vector<InboxRow> by_msg_id(const Snapshot& snapshot, std::string_view msg_id) {
  return all_rows(snapshot.connection().query(kByMsgId, msg_id), read);
}

std::vector<InboxRow> in_state(const Snapshot& snapshot, InboxState state, std::size_t count, std::int64_t after) {
  return all_rows(snapshot.connection().query(kInState, state, after, count), read);
}

std::vector<InboxRow> log(const Snapshot& snapshot, std::size_t count, std::int64_t before,
                          const MessageFilter& filter) {
  const auto patient = patient_of(snapshot, filter);
  return all_rows(snapshot.connection().query(kLog, below(before), count, filter.msg_id, filter.party, filter.type,
                                              filter.state, filter.from, filter.to, patient, type_key("Communication")),
                  read);
}

bool let_come_again(Transaction& transaction, std::int64_t id) {
  return transaction.connection().run(kLetComeAgain, id, InboxState::refused, InboxState::unreadable) == 1;
}

}  // namespace inbox

namespace outbox {
namespace {

// clang-format off
#define OUTBOX_ROW "id, patient, created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, " \
                   "next_attempt, sent, deadline, apprec_status, apprec_errors, detail"
constexpr sql::Query kAdd{
    "INSERT INTO outbox (id, patient, created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, "
    "next_attempt, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11)"};
// An AppRec may come back before the sending is recorded: what it said stands.
constexpr sql::Query kSent{
    "UPDATE outbox SET attempts = attempts + 1, next_attempt = NULL, sent = ?3, detail = NULL, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END, deadline = CASE WHEN apprec_status IS NULL THEN ?4 END WHERE id = ?1"};
constexpr sql::Query kRetry{
    "UPDATE outbox SET attempts = attempts + 1, detail = ?4, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END, next_attempt = CASE WHEN apprec_status IS NULL THEN ?3 END WHERE id = ?1"};
constexpr sql::Query kFailed{
    "UPDATE outbox SET attempts = attempts + 1, next_attempt = NULL, deadline = NULL, detail = ?3, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END WHERE id = ?1"};
constexpr sql::Query kAnswered{
    "UPDATE outbox SET state = ?2, next_attempt = NULL, deadline = NULL, apprec_status = ?3, apprec_errors = ?4 WHERE id = ?1"};
constexpr sql::Query kOverdueNow{"UPDATE outbox SET state = ?2, deadline = NULL WHERE id = ?1"};
constexpr sql::Query kPostponeAttempts{
    "UPDATE outbox SET next_attempt = next_attempt + ?1 WHERE next_attempt IS NOT NULL"};
constexpr sql::Query kPostponeDeadlines{"UPDATE outbox SET deadline = deadline + ?1 WHERE deadline IS NOT NULL"};
constexpr sql::Query kGet{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE id = ?1"};
constexpr sql::Query kByMsgId{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE msg_id = ?1"};
constexpr sql::Query kReplies{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE in_reply_to = ?1 ORDER BY id"};
constexpr sql::Query kNewest{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox WHERE patient = ?1 AND type = ?2 ORDER BY id DESC LIMIT 1"};
constexpr sql::Query kDue{
    "SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE next_attempt <= ?1 ORDER BY next_attempt, id LIMIT ?2"};
constexpr sql::Query kNextDue{"SELECT min(next_attempt) FROM outbox WHERE next_attempt IS NOT NULL"};
constexpr sql::Query kOverdue{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE deadline < ?1 ORDER BY deadline, id LIMIT ?2"};
constexpr sql::Query kInState{
    "SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kLog{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox WHERE id < ?1 AND (?3 IS NULL OR lower(msg_id) = lower(?3)) "
    "AND (?4 IS NULL OR receiver_her = ?4) AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR state = ?6) "
    "AND (?7 IS NULL OR created >= ?7) AND (?8 IS NULL OR created < ?8) AND (?9 IS NULL OR patient = ?9) "
    "ORDER BY id DESC LIMIT ?2"};
constexpr sql::Query kSendAgain{
    "UPDATE outbox SET state = ?2, next_attempt = ?3, deadline = NULL, detail = NULL "
    "WHERE id = ?1 AND apprec_status IS NULL AND state <> ?2"};
constexpr sql::Query kQueuedAbout{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox INDEXED BY outbox_by_patient WHERE patient = ?1 AND state = ?2"};
#undef OUTBOX_ROW
// clang-format on

std::optional<Instant> optional_instant(const sql::Rows& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.instant(column);
}

OutboxRow read(const sql::Rows& row) {
  return {.id = row.integer(0),
          .patient = row.key<PatientKey>(1),
          .created = row.instant(2),
          .msg_id = row.string(3),
          .type = row.string(4),
          .receiver_her = row.string(5),
          .in_reply_to = row.string(6),
          .communication_id = row.string(7),
          .state = row.key<OutboxState>(8),
          .attempts = row.integer(9),
          .next_attempt = optional_instant(row, 10),
          .sent = optional_instant(row, 11),
          .deadline = optional_instant(row, 12),
          .apprec_status = row.string(13),
          .apprec_errors = row.string(14),
          .detail = row.string(15),
          .bytes = row.string(16)};
}

}  // namespace

std::int64_t add(Transaction& transaction, const OutboxRow& row) {
  const auto id = transaction.new_key(Counted::outbox);
  transaction.connection().run(kAdd, id, row.patient, transaction.now(), row.msg_id, row.type, row.receiver_her,
                               row.in_reply_to, row.communication_id, OutboxState::queued,
                               row.next_attempt.value_or(transaction.now()), sql::Blob{row.bytes});
  return id;
}

void mark_sent(Transaction& transaction, std::int64_t id, std::optional<Instant> deadline) {
  const auto state = deadline ? OutboxState::sent : OutboxState::delivered;
  changed_one(transaction.connection().run(kSent, id, state, transaction.now(), deadline));
}

void mark_retry(Transaction& transaction, std::int64_t id, Instant next, std::string_view detail) {
  changed_one(transaction.connection().run(kRetry, id, OutboxState::queued, next, detail));
}

void mark_failed(Transaction& transaction, std::int64_t id, std::string_view detail) {
  changed_one(transaction.connection().run(kFailed, id, OutboxState::failed, detail));
}

void mark_answered(Transaction& transaction, std::int64_t id, OutboxState state, std::string_view apprec_status,
                   std::string_view apprec_errors) {
  changed_one(transaction.connection().run(kAnswered, id, state, apprec_status, apprec_errors));
}

void mark_overdue(Transaction& transaction, std::int64_t id) {
  changed_one(transaction.connection().run(kOverdueNow, id, OutboxState::overdue));
}

void postpone(Transaction& transaction, std::chrono::microseconds by) {
  transaction.connection().run(kPostponeAttempts, by.count());
  transaction.connection().run(kPostponeDeadlines, by.count());
}

std::optional<OutboxRow> get(const Snapshot& snapshot, std::int64_t id) {
  return one_row(snapshot.connection().query(kGet, id), read);
}

std::optional<OutboxRow> by_msg_id(const Snapshot& snapshot, std::string_view msg_id) {
  return one_row(snapshot.connection().query(kByMsgId, msg_id), read);
}

std::vector<OutboxRow> replies_to(const Snapshot& snapshot, std::string_view msg_id) {
  return all_rows(snapshot.connection().query(kReplies, msg_id), read);
}

std::optional<OutboxRow> newest(const Snapshot& snapshot, PatientKey patient, std::string_view type) {
  return one_row(snapshot.connection().query(kNewest, patient, type), read);
}

std::vector<OutboxRow> due(const Snapshot& snapshot, Instant now, std::size_t count) {
  return all_rows(snapshot.connection().query(kDue, now, count), read);
}

std::optional<Instant> next_due(const Snapshot& snapshot) {
  auto rows = snapshot.connection().query(kNextDue);
  return rows.next() ? optional_instant(rows, 0) : std::nullopt;
}

std::vector<OutboxRow> overdue(const Snapshot& snapshot, Instant now, std::size_t count) {
  return all_rows(snapshot.connection().query(kOverdue, now, count), read);
}

std::vector<OutboxRow> in_state(const Snapshot& snapshot, OutboxState state, std::size_t count, std::int64_t after) {
  return all_rows(snapshot.connection().query(kInState, state, after, count), read);
}

std::vector<OutboxRow> queued_about(const Snapshot& snapshot, PatientKey patient) {
  return all_rows(snapshot.connection().query(kQueuedAbout, patient, OutboxState::queued), read);
}

std::vector<OutboxRow> log(const Snapshot& snapshot, std::size_t count, std::int64_t before,
                           const MessageFilter& filter) {
  const auto patient = patient_of(snapshot, filter);
  return all_rows(snapshot.connection().query(kLog, below(before), count, filter.msg_id, filter.party, filter.type,
                                              filter.state, filter.from, filter.to, patient),
                  read);
}

bool send_again(Transaction& transaction, std::int64_t id) {
  return transaction.connection().run(kSendAgain, id, OutboxState::queued, transaction.now()) == 1;
}

}  // namespace outbox

namespace told {
namespace {

constexpr sql::Query kPut{
    "INSERT INTO told (observation, msg_id) VALUES (?1, ?2) ON CONFLICT (observation) DO UPDATE SET msg_id = "
    "excluded.msg_id"};
constexpr sql::Query kRemove{"DELETE FROM told WHERE observation = ?1"};
constexpr sql::Query kGet{"SELECT msg_id FROM told WHERE observation = ?1"};

}  // namespace

void put(Transaction& transaction, ResourceKey observation, std::string_view msg_id) {
  transaction.connection().run(kPut, observation, msg_id);
}

void remove(Transaction& transaction, ResourceKey observation) { transaction.connection().run(kRemove, observation); }

std::string msg_id(const Snapshot& snapshot, ResourceKey observation) {
  auto rows = snapshot.connection().query(kGet, observation);
  return rows.next() ? rows.string(0) : std::string();
}

}  // namespace told

}  // namespace varde::storage
