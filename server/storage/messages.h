#pragma once
/// @file server/storage/messages.h
/// The gateway's inbox and outbox. Rows change only inside a Transaction, so a message's state, its FHIR effects and
/// its answer commit together. Every list is a range read of an index, oldest first.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

enum class InboxState : std::uint8_t { received, processed, refused, duplicate, unreadable, test };
enum class OutboxState : std::uint8_t { queued, sent, delivered, refused, overdue, failed };
std::string_view name_of(InboxState state);
std::string_view name_of(OutboxState state);
/// Of what waits for one receiver, what goes first; within one, what was written first.
enum class Priority : std::uint8_t { urgent, receipt, routine };
std::string_view name_of(Priority priority);

/// What the message log is searched by; what is absent or empty narrows nothing.
struct MessageFilter {
  std::optional<std::string> msg_id;  ///< letter case is not compared
  std::optional<std::string> party;   ///< HER-id of the other side
  std::optional<std::string> type;
  std::optional<std::int64_t> state;      ///< InboxState or OutboxState
  std::optional<std::string> patient_id;  ///< Patient.id
  std::optional<Instant> from, to;        ///< half-open
  std::optional<std::string> text = {};   ///< words in what went wrong; letter case is not compared
};

/// How many there are, and since when.
struct Waiting {
  std::int64_t count = 0;
  std::optional<Instant> oldest;
};

struct InboxRow {
  std::int64_t id = 0;
  Instant received{};
  std::string source;                    ///< transport and place, no patient data
  std::string sender_her, msg_id, type;  ///< empty until the envelope is read
  InboxState state = InboxState::received;
  std::int64_t original = 0;  ///< of a duplicate: the first one's id
  std::string communication_id, apprec, apprec_status, detail;
  std::string bytes;
};

/// What became of a received message; stored together with its effects.
struct InboxOutcome {
  InboxState state = InboxState::processed;
  std::string communication_id, apprec, apprec_status, detail;
};

namespace inbox {
/// Raw bytes first; state received. Returns the row's id.
std::int64_t add(Transaction&, std::string_view source, std::string_view bytes);
/// The envelope is read. When that sender has already used the MsgId, the row becomes a duplicate and the first one is
/// returned (its apprec may be sent again); otherwise nullopt and the row is the first. Letter case of MsgId is kept,
/// compare it as the sender wrote it. Identifying a row twice alike is harmless.
std::optional<InboxRow> identify(Transaction&, std::int64_t id, std::string_view sender_her, std::string_view msg_id,
                                 std::string_view type);
void finish(Transaction&, std::int64_t id, const InboxOutcome& outcome);

std::optional<InboxRow> get(const Snapshot&, std::int64_t id);
/// As get, without the bytes, which may be many.
std::optional<InboxRow> head(const Snapshot&, std::int64_t id);
/// The first with that MsgId from that sender; nullopt when none.
std::optional<InboxRow> first(const Snapshot&, std::string_view sender_her, std::string_view msg_id);
/// Every row with that MsgId, duplicates included, oldest first.
std::vector<InboxRow> by_msg_id(const Snapshot&, std::string_view msg_id);
/// nullopt when there is none.
std::optional<InboxState> state(const Snapshot&, std::int64_t id);
/// Oldest first, id above `after`; none after the first beyond `most_bytes`.
std::vector<InboxRow> in_state(const Snapshot&, InboxState state, std::size_t count, std::int64_t after = 0,
                               std::size_t most_bytes = SIZE_MAX);
/// How many are in that state, and when the first of them came.
Waiting in_state_now(const Snapshot&, InboxState state);
/// Newest first, id below `before` (0: from the newest), without bytes and apprec: the message log.
std::vector<InboxRow> log(const Snapshot&, std::size_t count, std::int64_t before = 0,
                          const MessageFilter& filter = {});
/// Whatever comes with the same sender and MsgId is no duplicate of that one.
void is_no_first(Transaction&, std::int64_t id);
/// The row lets go of its MsgId, so that the same message may come once more. False: it had an effect, or an answer.
bool let_come_again(Transaction&, std::int64_t id);
}  // namespace inbox

struct OutboxRow {
  std::int64_t id = 0;
  PatientKey patient{};
  Instant created{};
  std::string msg_id, type, receiver_her;
  std::string in_reply_to, communication_id;
  OutboxState state = OutboxState::queued;
  std::int64_t attempts = 0;
  std::optional<Instant> sent;
  std::string route = "folder";  ///< which transport it goes by
  std::string receipt;           ///< what the transport answered to the last attempt
  std::optional<Instant> receipt_at;
  std::string apprec_status, apprec_errors, detail;
  std::string bytes;
  Priority priority = Priority::routine;
  std::int64_t copy_of = 0;  ///< to a copy receiver: id of the row that goes to the message's receiver; else 0
};

/// What is told to all processes when something waits to be sent (Database::on_news).
inline constexpr std::string_view kOutboxNews = "outbox";

namespace outbox {
/// Queued. id, created, state and attempts are given here. `deadline`: by when it must be sent and answered (due.h:
/// DueKind::apprec). The MsgId must be new (EngineError otherwise), that of a copy new for
/// its receiver. Returns the row's id.
std::int64_t add(Transaction&, const OutboxRow& row, std::optional<Instant> deadline = {});
/// The transport has taken it, and said `receipt`. `deadline` absent: no AppRec is expected (an AppRec itself), the
/// state is delivered.
void mark_sent(Transaction&, std::int64_t id, std::optional<Instant> deadline, std::string_view receipt = {});
/// The attempt failed: it stays queued, and nothing goes to that receiver on that route before `next`.
void mark_retry(Transaction&, std::int64_t id, Instant next, std::string_view detail);
/// Given up: nothing is due any more.
void mark_failed(Transaction&, std::int64_t id, std::string_view detail);
/// An AppRec came, late ones included. `state` is delivered or refused.
void mark_answered(Transaction&, std::int64_t id, OutboxState state, std::string_view apprec_status,
                   std::string_view apprec_errors);
void mark_overdue(Transaction&, std::int64_t id);
/// What waits to go to that receiver by that route goes by another from now on.
void reroute(Transaction&, std::string_view from, std::string_view receiver_her, std::string_view to);

std::optional<OutboxRow> get(const Snapshot&, std::int64_t id);
/// Of a message with copy receivers the row to its receiver.
std::optional<OutboxRow> by_msg_id(const Snapshot&, std::string_view msg_id);
/// The rows to its copy receivers.
std::vector<OutboxRow> copies(const Snapshot&, std::int64_t id);
std::vector<OutboxRow> replies_to(const Snapshot&, std::string_view msg_id);
/// The latest of that type about the patient, without bytes; nullopt when none.
std::optional<OutboxRow> newest(const Snapshot&, PatientKey patient, std::string_view type);
/// Routes by which something waits to go, by name.
std::vector<std::string> routes_waiting(const Snapshot&);
/// Receivers to whom something waits to go by that route, by HER-id; `after`: the ones that follow it.
std::vector<std::string> receivers_waiting(const Snapshot&, std::string_view route, std::size_t count,
                                           const std::optional<std::string>& after = {});
/// Until when nothing goes to that receiver by that route; nullopt: it may go now.
std::optional<Instant> paused_until(const Snapshot&, std::string_view route, std::string_view receiver_her);
/// Of what waits to go to that receiver by that route, the most urgent that was written first: messages of one priority
/// keep their order.
std::optional<OutboxRow> next_to(const Snapshot&, std::string_view route, std::string_view receiver_her);
std::vector<OutboxRow> in_state(const Snapshot&, OutboxState state, std::size_t count, std::int64_t after = 0);
Waiting in_state_now(const Snapshot&, OutboxState state);
/// Nothing goes to that receiver by that route before `until`; one who is stopped stays so.
void pause(Transaction&, std::string_view route, std::string_view receiver_her, Instant until);
/// Nothing goes to that receiver by that route until it is started again, whatever else happens.
void stop(Transaction&, std::string_view route, std::string_view receiver_her);
/// False: it was not stopped. What waits goes at the clock's next round.
bool start(Transaction&, std::string_view route, std::string_view receiver_her);
/// What waits to go by a route.
Waiting waiting(const Snapshot&, std::string_view route);
/// Every queued one about the patient, in no order, without bytes.
std::vector<OutboxRow> queued_about(const Snapshot&, PatientKey patient);
/// Newest first, id below `before` (0: from the newest), without bytes: the message log.
std::vector<OutboxRow> log(const Snapshot&, std::size_t count, std::int64_t before = 0,
                           const MessageFilter& filter = {});
/// Queued anew, under the same MsgId, and its receiver's pause is over. False: an AppRec has come, or it is queued
/// already.
bool send_again(Transaction&, std::int64_t id);
}  // namespace outbox

/// Which letter told of a reading last.
namespace told {
void put(Transaction&, PatientKey patient, ResourceKey observation, std::string_view msg_id);
void remove(Transaction&, ResourceKey observation);
std::string msg_id(const Snapshot&, ResourceKey observation);  ///< empty: none did
}  // namespace told

}  // namespace varde::storage
