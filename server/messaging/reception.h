#pragma once
/// @file server/messaging/reception.h
/// What becomes of one received message. The order of the steps is that of HITS 1168:2016 figure 1:
/// readable? -> duplicate? -> addressed to us? -> acceptable? -> which patient? -> effects and AppRec, in one
/// transaction.
#include <optional>
#include <string>
#include <string_view>

#include "mappings/signature/verify.h"
#include "server/interaction/store.h"
#include "server/messaging/bundle_writer.h"
#include "server/messaging/messaging.h"
#include "server/messaging/parsed.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// The Communication of an inbox row: known before the message is processed, so that a receipt can name it.
std::string communication_id_of(std::int64_t inbox_id);
/// Another message than the first with that sender and MsgId: not processed, and not answered.
bool has_used_id(const storage::InboxRow& row);

/// A received message, read and mapped.
struct Considered {
  storage::InboxRow row;  ///< without its bytes
  mappings::Message message;
  std::optional<BundleWriter> bundle;  ///< what it becomes; absent when it is not acceptable, or an AppRec
  std::optional<mappings::signature::Verdict> signature;
};

class Reception {
 public:
  static constexpr std::size_t kKept = 16u << 20;  ///< bytes of messages that are read and not processed

  Reception(const interaction::Repository& repository, const Settings& settings)
      : repository_(repository), settings_(settings) {}

  /// Stores the bytes to the letter and, in the same transaction, what its envelope says; a duplicate is ended here.
  /// Whatever the bytes are, and whatever we think of them, they are stored. Faults: busy.
  Result<Receipt> store(const adapters::Incoming& incoming);
  /// Reads, checks and maps it: all that needs nothing stored. Any thread. Throws what only we can cause.
  Considered consider(storage::InboxRow row);
  /// Brings it to its end state, inside its transaction. A Failure: what it holds cannot be stored; then nothing is
  /// changed, and it is refused in a transaction of its own.
  Result<void> take(interaction::Act& act, Considered& message);
  Result<void> refuse(interaction::Act& act, Considered& message, const Failure& why);
  /// Our own mistake, three times over, is not the sender's: refused with X99, and a person is told.
  Result<void> give_up(const storage::InboxRow& row);

 private:
  std::optional<mappings::Message> read(std::string_view bytes);
  std::optional<mappings::signature::Verdict> signature_of(const mappings::Message& message,
                                                           const storage::InboxRow& row) const;
  Result<Receipt> register_row(interaction::Act& act, const storage::InboxRow& row, mappings::Message& message);

  const interaction::Repository& repository_;
  const Settings& settings_;
  Parsed parsed_{kKept};
};

}  // namespace varde::messaging
