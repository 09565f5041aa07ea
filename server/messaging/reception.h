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
#include "server/messaging/messaging.h"
#include "server/messaging/parsed.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// The Communication of an inbox row: known before the message is processed, so that a receipt can name it.
std::string communication_id_of(std::int64_t inbox_id);

class Reception {
 public:
  static constexpr std::size_t kKept = 16u << 20;  ///< bytes of messages that are read and not processed

  Reception(const interaction::Repository& repository, const Settings& settings)
      : repository_(repository), settings_(settings) {}

  /// Stores the bytes to the letter and, in the same transaction, what its envelope says; a duplicate is ended here.
  /// Whatever the bytes are, and whatever we think of them, they are stored. Faults: busy.
  Result<Receipt> store(const adapters::Incoming& incoming);
  /// Brings the row to its end state. Faults: busy (try again). Throws what only we can cause; then nothing is changed.
  Result<void> process(const storage::InboxRow& row);
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
