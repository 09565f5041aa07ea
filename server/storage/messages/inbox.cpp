#include "server/storage/keys.h"
#include "server/storage/messages/filter.h"
#include "server/storage/messages/tests.h"
#include "server/storage/new_keys.h"

namespace varde::storage::inbox {
namespace {

using messages::all_rows;
using messages::below;
using messages::changed_one;
using messages::one_row;
using messages::patient_of;
using messages::pattern_of;

// clang-format off
#define INBOX_ROW "id, received, source, sender_her, msg_id, type, state, original, communication, apprec_status, detail"
#define WITH_BYTES ", apprec, bytes FROM inbox CROSS JOIN inbox_bytes ON message = id "
constexpr sql::Query kAdd{"INSERT INTO inbox (id, received, source, state) VALUES (?1, ?2, ?3, ?4)"};
constexpr sql::Query kAddBytes{"INSERT INTO inbox_bytes (message, bytes) VALUES (?1, ?2)"};
constexpr sql::Query kIdentify{
    "UPDATE inbox SET sender_her = ?2, msg_id = ?3, type = ?4, original = ?5, state = ?6 WHERE id = ?1"};
constexpr sql::Query kFinish{
    "UPDATE inbox SET state = ?2, communication = ?3, apprec = ?4, apprec_status = ?5, detail = ?6 WHERE id = ?1"};
constexpr sql::Query kGet{"SELECT " INBOX_ROW WITH_BYTES "WHERE id = ?1"};
constexpr sql::Query kHead{"SELECT " INBOX_ROW ", apprec, NULL FROM inbox WHERE id = ?1"};
constexpr sql::Query kState{"SELECT state FROM inbox WHERE id = ?1"};
constexpr sql::Query kFirst{
    "SELECT " INBOX_ROW WITH_BYTES
    "WHERE sender_her = ?1 AND msg_id = ?2 AND original IS NULL AND msg_id IS NOT NULL"};
constexpr sql::Query kFirstId{
    "SELECT id FROM inbox WHERE sender_her = ?1 AND msg_id = ?2 AND original IS NULL AND msg_id IS NOT NULL"};
constexpr sql::Query kFirstTest{
    "SELECT min(id) FROM inbox WHERE sender_her = ?1 AND msg_id = ?2 AND original = id AND id < ?3 AND state IN (?4, ?5)"};
constexpr sql::Query kByMsgId{"SELECT " INBOX_ROW WITH_BYTES "WHERE msg_id = ?1 ORDER BY id"};
constexpr sql::Query kInState{
    "SELECT " INBOX_ROW WITH_BYTES "WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kNow{"SELECT count(*), min(received) FROM inbox WHERE state = ?1"};
constexpr sql::Query kLog{
    "SELECT " INBOX_ROW ", NULL, NULL FROM inbox WHERE id < ?1 AND (?3 IS NULL OR lower(msg_id) = lower(?3)) "
    "AND (?4 IS NULL OR sender_her = ?4) AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR state = ?6) "
    "AND (?7 IS NULL OR received >= ?7) AND (?8 IS NULL OR received < ?8) AND (?9 IS NULL OR EXISTS "
    "(SELECT 1 FROM resource WHERE type = ?10 AND id = communication AND patient = ?9)) "
    "AND (?11 IS NULL OR lower(coalesce(detail, '')) LIKE ?11 ESCAPE '!') ORDER BY id DESC LIMIT ?2"};
// A row that names itself as its original is the first of nobody any more.
constexpr sql::Query kIsNoFirst{"UPDATE inbox SET original = id WHERE id = ?1"};
constexpr sql::Query kLetComeAgain{
    "UPDATE inbox SET original = id WHERE id = ?1 AND original IS NULL AND coalesce(apprec_status, '') = '' AND state IN (?2, ?3)"};
#undef WITH_BYTES
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

/// Says who the row is from and what came before it: `first`, or 0; then its original is `alone`.
std::optional<InboxRow> follow(Transaction& transaction, std::int64_t id, std::string_view sender_her,
                               std::optional<std::string_view> msg_id, std::string_view type, std::int64_t first,
                               std::optional<std::int64_t> alone) {
  const bool follows = first != 0;
  changed_one(transaction.connection().run(kIdentify, id, sender_her, msg_id, type, follows ? first : alone,
                                           follows ? InboxState::duplicate : InboxState::received));
  return follows ? head(transaction, first) : std::nullopt;
}

}  // namespace

std::int64_t add(Transaction& transaction, std::string_view source, std::string_view bytes) {
  const auto id = transaction.new_key(Counted::inbox);
  transaction.connection().run(kAdd, id, transaction.now(), source, InboxState::received);
  transaction.connection().run(kAddBytes, id, sql::Blob{bytes});
  return id;
}

std::optional<InboxRow> identify(Transaction& transaction, std::int64_t id, std::string_view sender_her,
                                 std::string_view msg_id, std::string_view type) {
  // Without a MsgId nothing can be told apart: such rows are never duplicates of each other.
  const auto known_id = msg_id.empty() ? std::nullopt : std::optional(msg_id);
  std::int64_t first = 0;
  if (known_id) {
    auto rows = transaction.connection().query(kFirstId, sender_her, *known_id);
    if (rows.next()) first = rows.integer(0);
  }
  if (first == id) return std::nullopt;  // identified already: the row need not be written again
  return follow(transaction, id, sender_her, known_id, type, first, std::nullopt);
}

std::optional<InboxRow> identify_test(Transaction& transaction, std::int64_t id, std::string_view sender_her,
                                      std::string_view msg_id, std::string_view type) {
  const auto known_id = msg_id.empty() ? std::nullopt : std::optional(msg_id);
  std::int64_t first = 0;
  if (known_id) {
    auto rows =
        transaction.connection().query(kFirstTest, sender_her, *known_id, id, InboxState::test, InboxState::received);
    if (rows.next()) first = rows.integer(0);
  }
  return follow(transaction, id, sender_her, known_id, type, first, id);
}

void finish(Transaction& transaction, std::int64_t id, const InboxOutcome& outcome) {
  changed_one(transaction.connection().run(kFinish, id, outcome.state, outcome.communication_id, outcome.apprec,
                                           outcome.apprec_status, outcome.detail));
}

std::optional<InboxRow> get(const Snapshot& snapshot, std::int64_t id) {
  return one_row(snapshot.connection().query(kGet, id), read);
}

std::optional<InboxRow> head(const Snapshot& snapshot, std::int64_t id) {
  return one_row(snapshot.connection().query(kHead, id), read);
}

std::optional<InboxRow> first(const Snapshot& snapshot, std::string_view sender_her, std::string_view msg_id) {
  return one_row(snapshot.connection().query(kFirst, sender_her, msg_id), read);
}

std::vector<InboxRow> by_msg_id(const Snapshot& snapshot, std::string_view msg_id) {
  return all_rows(snapshot.connection().query(kByMsgId, msg_id), read);
}

std::optional<InboxState> state(const Snapshot& snapshot, std::int64_t id) {
  auto rows = snapshot.connection().query(kState, id);
  if (!rows.next()) return std::nullopt;
  return rows.key<InboxState>(0);
}

std::vector<InboxRow> in_state(const Snapshot& snapshot, InboxState state, std::size_t count, std::int64_t after,
                               std::size_t most_bytes) {
  std::vector<InboxRow> found;
  std::size_t bytes = 0;
  for (auto rows = snapshot.connection().query(kInState, state, after, count); bytes < most_bytes && rows.next();)
    bytes += found.emplace_back(read(rows)).bytes.size();
  return found;
}

Waiting in_state_now(const Snapshot& snapshot, InboxState state) {
  return messages::waiting(snapshot.connection().query(kNow, state));
}

std::vector<InboxRow> log(const Snapshot& snapshot, std::size_t count, std::int64_t before,
                          const MessageFilter& filter) {
  const auto patient = patient_of(snapshot, filter);
  return all_rows(
      snapshot.connection().query(kLog, below(before), count, filter.msg_id, filter.party, filter.type, filter.state,
                                  filter.from, filter.to, patient, type_key("Communication"), pattern_of(filter)),
      read);
}

void is_no_first(Transaction& transaction, std::int64_t id) {
  changed_one(transaction.connection().run(kIsNoFirst, id));
}

bool let_come_again(Transaction& transaction, std::int64_t id) {
  return transaction.connection().run(kLetComeAgain, id, InboxState::refused, InboxState::unreadable) == 1;
}

}  // namespace varde::storage::inbox
