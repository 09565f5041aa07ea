#include "server/storage/messages.h"

#include <array>
#include <limits>
#include <stdexcept>

#include "server/storage/due.h"
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

/// Of LIKE: the words as they are, wherever they stand.
std::optional<std::string> pattern_of(const MessageFilter& filter) {
  if (!filter.text) return std::nullopt;
  std::string pattern = "%";
  for (const char c : *filter.text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return pattern + "%";
}

/// When a receiver that a person has stopped may be tried again: not before the person says so.
constexpr Instant kNever{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}};

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
    "(SELECT 1 FROM resource WHERE type = ?10 AND id = communication AND patient = ?9)) "
    "AND (?11 IS NULL OR lower(coalesce(detail, '')) LIKE ?11 ESCAPE '!') ORDER BY id DESC LIMIT ?2"};
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
  return all_rows(
      snapshot.connection().query(kLog, below(before), count, filter.msg_id, filter.party, filter.type, filter.state,
                                  filter.from, filter.to, patient, type_key("Communication"), pattern_of(filter)),
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
                   "sent, route, receipt, receipt_at, apprec_status, apprec_errors, detail"
constexpr sql::Query kAdd{
    "INSERT INTO outbox (id, patient, created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, "
    "route, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11)"};
// An AppRec may come back before the sending is recorded: what it said stands.
constexpr sql::Query kSent{
    "UPDATE outbox SET attempts = attempts + 1, sent = ?3, receipt = ?4, receipt_at = ?3, detail = NULL, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END WHERE id = ?1"};
constexpr sql::Query kRetry{
    "UPDATE outbox SET attempts = attempts + 1, receipt = ?3, receipt_at = ?4, detail = ?3, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END WHERE id = ?1"};
constexpr sql::Query kFailed{
    "UPDATE outbox SET attempts = attempts + 1, detail = ?3, "
    "state = CASE WHEN apprec_status IS NULL THEN ?2 ELSE state END WHERE id = ?1"};
constexpr sql::Query kAnswered{
    "UPDATE outbox SET state = ?2, apprec_status = ?3, apprec_errors = ?4 WHERE id = ?1"};
constexpr sql::Query kOverdueNow{"UPDATE outbox SET state = ?2 WHERE id = ?1"};
constexpr sql::Query kWhose{"SELECT patient, route, receiver_her, apprec_status FROM outbox WHERE id = ?1"};
constexpr sql::Query kReroute{
    "UPDATE outbox INDEXED BY outbox_waiting SET route = ?3 WHERE state = 0 AND route = ?1 AND receiver_her = ?2"};
constexpr sql::Query kGet{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE id = ?1"};
constexpr sql::Query kByMsgId{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE msg_id = ?1"};
constexpr sql::Query kReplies{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE in_reply_to = ?1 ORDER BY id"};
constexpr sql::Query kNewest{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox WHERE patient = ?1 AND type = ?2 ORDER BY id DESC LIMIT 1"};
// state = 0 (queued) stands in the text, so that the index of what waits serves.
constexpr sql::Query kNextRoute{
    "SELECT route FROM outbox INDEXED BY outbox_waiting WHERE state = 0 AND route > ?1 ORDER BY route LIMIT 1"};
constexpr sql::Query kFirstReceiver{
    "SELECT receiver_her FROM outbox INDEXED BY outbox_waiting WHERE state = 0 AND route = ?1 ORDER BY receiver_her LIMIT 1"};
constexpr sql::Query kNextReceiver{
    "SELECT receiver_her FROM outbox INDEXED BY outbox_waiting WHERE state = 0 AND route = ?1 AND receiver_her > ?2 "
    "ORDER BY receiver_her LIMIT 1"};
constexpr sql::Query kNextTo{
    "SELECT " OUTBOX_ROW ", bytes FROM outbox INDEXED BY outbox_waiting WHERE state = 0 AND route = ?1 "
    "AND receiver_her = ?2 ORDER BY id LIMIT 1"};
constexpr sql::Query kInState{
    "SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kLog{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox WHERE id < ?1 AND (?3 IS NULL OR lower(msg_id) = lower(?3)) "
    "AND (?4 IS NULL OR receiver_her = ?4) AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR state = ?6) "
    "AND (?7 IS NULL OR created >= ?7) AND (?8 IS NULL OR created < ?8) AND (?9 IS NULL OR patient = ?9) "
    "AND (?10 IS NULL OR lower(coalesce(detail, '') || ' ' || coalesce(apprec_errors, '')) LIKE ?10 ESCAPE '!') "
    "ORDER BY id DESC LIMIT ?2"};
constexpr sql::Query kWaiting{
    "SELECT count(*), min(created) FROM outbox INDEXED BY outbox_waiting WHERE state = 0 AND route = ?1"};
constexpr sql::Query kSendAgain{
    "UPDATE outbox SET state = ?2, detail = NULL "
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
          .sent = optional_instant(row, 10),
          .route = row.string(11),
          .receipt = row.string(12),
          .receipt_at = optional_instant(row, 13),
          .apprec_status = row.string(14),
          .apprec_errors = row.string(15),
          .detail = row.string(16),
          .bytes = row.string(17)};
}

/// What must be known of a message to change what comes due of it.
struct Whose {
  PatientKey patient{};
  std::string route, receiver_her;
  bool answered = false;
};

Whose whose(const Snapshot& snapshot, std::int64_t id) {
  auto rows = snapshot.connection().query(kWhose, id);
  if (!rows.next()) throw std::logic_error("no such message");
  return {rows.key<PatientKey>(0), rows.string(1), rows.string(2), !rows.is_null(3)};
}

std::string pause_of(std::string_view route, std::string_view receiver_her) {
  return std::string(route) + " " + std::string(receiver_her);
}

void set_deadline(Transaction& transaction, PatientKey patient, std::int64_t id, std::optional<Instant> at) {
  if (at)
    due::put(transaction, {DueKind::apprec, patient, std::to_string(id), *at});
  else
    due::remove(transaction, DueKind::apprec, patient, std::to_string(id));
}

bool is_stopped(const Snapshot& snapshot, std::string_view route, std::string_view receiver_her) {
  // Setting the server's clock moves what is due, so it need not be the very moment.
  const auto at = due::at(snapshot, DueKind::retry, PatientKey::none, pause_of(route, receiver_her));
  return at && *at > kNever - std::chrono::days{365'000};
}

std::optional<std::string> one_text(sql::Rows rows) {
  return rows.next() ? std::optional(rows.string(0)) : std::nullopt;
}

}  // namespace

std::int64_t add(Transaction& transaction, const OutboxRow& row, std::optional<Instant> deadline) {
  const auto id = transaction.new_key(Counted::outbox);
  transaction.connection().run(kAdd, id, row.patient, transaction.now(), row.msg_id, row.type, row.receiver_her,
                               row.in_reply_to, row.communication_id, OutboxState::queued, row.route,
                               sql::Blob{row.bytes});
  if (deadline) set_deadline(transaction, row.patient, id, deadline);
  transaction.connection().tell(kOutboxNews);
  return id;
}

void mark_sent(Transaction& transaction, std::int64_t id, std::optional<Instant> deadline, std::string_view receipt) {
  const auto of = whose(transaction, id);
  const auto state = deadline ? OutboxState::sent : OutboxState::delivered;
  changed_one(transaction.connection().run(kSent, id, state, transaction.now(), receipt));
  set_deadline(transaction, of.patient, id, of.answered ? std::nullopt : deadline);
}

void mark_retry(Transaction& transaction, std::int64_t id, Instant next, std::string_view detail) {
  const auto of = whose(transaction, id);
  changed_one(transaction.connection().run(kRetry, id, OutboxState::queued, detail, transaction.now()));
  if (is_stopped(transaction, of.route, of.receiver_her)) return;
  due::put(transaction, {DueKind::retry, PatientKey::none, pause_of(of.route, of.receiver_her), next});
}

void mark_failed(Transaction& transaction, std::int64_t id, std::string_view detail) {
  const auto of = whose(transaction, id);
  changed_one(transaction.connection().run(kFailed, id, OutboxState::failed, detail));
  set_deadline(transaction, of.patient, id, std::nullopt);
}

void mark_answered(Transaction& transaction, std::int64_t id, OutboxState state, std::string_view apprec_status,
                   std::string_view apprec_errors) {
  const auto of = whose(transaction, id);
  changed_one(transaction.connection().run(kAnswered, id, state, apprec_status, apprec_errors));
  set_deadline(transaction, of.patient, id, std::nullopt);
}

void mark_overdue(Transaction& transaction, std::int64_t id) {
  const auto of = whose(transaction, id);
  changed_one(transaction.connection().run(kOverdueNow, id, OutboxState::overdue));
  set_deadline(transaction, of.patient, id, std::nullopt);
}

void reroute(Transaction& transaction, std::string_view from, std::string_view receiver_her, std::string_view to) {
  transaction.connection().run(kReroute, from, receiver_her, to);
  due::remove(transaction, DueKind::retry, PatientKey::none, pause_of(from, receiver_her));
  transaction.connection().tell(kOutboxNews);
}

std::vector<std::string> routes_waiting(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (std::optional<std::string> next = ""; (next = one_text(snapshot.connection().query(kNextRoute, *next)));)
    names.push_back(*next);
  return names;
}

std::vector<std::string> receivers_waiting(const Snapshot& snapshot, std::string_view route, std::size_t count,
                                           const std::optional<std::string>& after) {
  auto& connection = snapshot.connection();
  std::vector<std::string> receivers;
  auto next =
      one_text(after ? connection.query(kNextReceiver, route, *after) : connection.query(kFirstReceiver, route));
  while (next && receivers.size() < count) {
    receivers.push_back(*next);
    next = one_text(connection.query(kNextReceiver, route, receivers.back()));
  }
  return receivers;
}

std::optional<Instant> paused_until(const Snapshot& snapshot, std::string_view route, std::string_view receiver_her) {
  return due::at(snapshot, DueKind::retry, PatientKey::none, pause_of(route, receiver_her));
}

std::optional<OutboxRow> next_to(const Snapshot& snapshot, std::string_view route, std::string_view receiver_her) {
  return one_row(snapshot.connection().query(kNextTo, route, receiver_her), read);
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
                                              filter.state, filter.from, filter.to, patient, pattern_of(filter)),
                  read);
}

bool send_again(Transaction& transaction, std::int64_t id) {
  if (transaction.connection().run(kSendAgain, id, OutboxState::queued) != 1) return false;
  const auto of = whose(transaction, id);
  if (!is_stopped(transaction, of.route, of.receiver_her))
    due::remove(transaction, DueKind::retry, PatientKey::none, pause_of(of.route, of.receiver_her));
  set_deadline(transaction, of.patient, id, std::nullopt);
  transaction.connection().tell(kOutboxNews);
  return true;
}

void stop(Transaction& transaction, std::string_view route, std::string_view receiver_her) {
  due::put(transaction, {DueKind::retry, PatientKey::none, pause_of(route, receiver_her), kNever});
}

bool start(Transaction& transaction, std::string_view route, std::string_view receiver_her) {
  if (!is_stopped(transaction, route, receiver_her)) return false;
  due::put(transaction, {DueKind::retry, PatientKey::none, pause_of(route, receiver_her), transaction.now()});
  return true;
}

Waiting waiting(const Snapshot& snapshot, std::string_view route) {
  auto rows = snapshot.connection().query(kWaiting, route);
  rows.next();
  return {rows.integer(0), optional_instant(rows, 1)};
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
