#include <stdexcept>

#include "server/storage/due.h"
#include "server/storage/keys.h"
#include "server/storage/messages/filter.h"
#include "server/storage/new_keys.h"

namespace varde::storage::outbox {
namespace {

using messages::all_rows;
using messages::below;
using messages::changed_one;
using messages::one_row;
using messages::patient_of;
using messages::pattern_of;

/// When a receiver that a person has stopped may be tried again: not before the person says so.
constexpr Instant kNever{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}};

// clang-format off
#define OUTBOX_ROW "id, patient, created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, " \
                   "sent, route, receipt, receipt_at, apprec_status, apprec_errors, detail, copy_of, priority"
constexpr sql::Query kAdd{
    "INSERT INTO outbox (id, patient, created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, "
    "route, bytes, copy_of, priority) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11, ?12, ?13)"};
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
constexpr sql::Query kIsTaken{"SELECT 1 FROM outbox WHERE msg_id = ?1"};
constexpr sql::Query kCopies{"SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE copy_of = ?1 ORDER BY id"};
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
    "AND receiver_her = ?2 ORDER BY priority, id LIMIT 1"};
constexpr sql::Query kInState{
    "SELECT " OUTBOX_ROW ", bytes FROM outbox WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kNow{"SELECT count(*), min(created) FROM outbox WHERE state = ?1"};
constexpr sql::Query kLog{
    "SELECT " OUTBOX_ROW ", NULL FROM outbox WHERE id < ?1 AND (?3 IS NULL OR lower(msg_id) = lower(?3) "
    "OR (copy_of IS NOT NULL AND lower(msg_id) = lower(?3) || '/' || receiver_her)) "
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

/// One MsgId goes to several: a copy's row has its receiver behind it.
constexpr char kCopyMark = '/';
std::string key_of(const OutboxRow& row) {
  return row.copy_of == 0 ? row.msg_id : row.msg_id + kCopyMark + row.receiver_her;
}

std::optional<Instant> optional_instant(const sql::Rows& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.instant(column);
}

OutboxRow read(const sql::Rows& row) {
  return {.id = row.integer(0),
          .patient = row.key<PatientKey>(1),
          .created = row.instant(2),
          .msg_id = row.string(3).substr(0, row.string(3).find(kCopyMark)),
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
          .bytes = row.string(19),
          .priority = row.key<Priority>(18),
          .copy_of = row.is_null(17) ? 0 : row.integer(17)};
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
  // No key says so where rows are spread. Whoever writes here reaches everything: nobody else does meanwhile.
  if (transaction.connection().query(kIsTaken, key_of(row)).next()) throw EngineError("a MsgId is used once");
  const auto id = transaction.new_key(Counted::outbox);
  transaction.connection().run(kAdd, id, row.patient, transaction.now(), key_of(row), row.type, row.receiver_her,
                               row.in_reply_to, row.communication_id, OutboxState::queued, row.route,
                               sql::Blob{row.bytes}, row.copy_of == 0 ? std::nullopt : std::optional(row.copy_of),
                               row.priority);
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
  pause(transaction, of.route, of.receiver_her, next);
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

std::vector<OutboxRow> copies(const Snapshot& snapshot, std::int64_t id) {
  return all_rows(snapshot.connection().query(kCopies, id), read);
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

Waiting in_state_now(const Snapshot& snapshot, OutboxState state) {
  return messages::waiting(snapshot.connection().query(kNow, state));
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

void pause(Transaction& transaction, std::string_view route, std::string_view receiver_her, Instant until) {
  if (is_stopped(transaction, route, receiver_her)) return;
  due::put(transaction, {DueKind::retry, PatientKey::none, pause_of(route, receiver_her), until});
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
  return messages::waiting(snapshot.connection().query(kWaiting, route));
}

}  // namespace varde::storage::outbox
