#pragma once
/// @file server/messaging/reception.h
/// What becomes of one received message. The order of the steps is that of HITS 1168:2016 figure 1:
/// readable? -> duplicate? -> addressed to us? -> acceptable? -> which patient? -> effects and AppRec, in one
/// transaction.
#include <string>

#include "server/interaction/store.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// The Communication of an inbox row: known before the message is processed, so that a receipt can name it.
std::string communication_id_of(std::int64_t inbox_id);

class Reception {
 public:
  Reception(const interaction::Repository& repository, const Settings& settings)
      : repository_(repository), settings_(settings) {}

  /// Reads the envelope and says what the sender may know at once; a duplicate is ended here.
  Result<Receipt> register_row(std::int64_t id, std::string_view bytes);
  /// Brings the row to its end state. Faults: busy (try again). Throws what only we can cause; then nothing is changed.
  Result<void> process(const storage::InboxRow& row);
  /// Our own mistake, three times over, is not the sender's: refused with X99, and a person is told.
  Result<void> give_up(const storage::InboxRow& row);

 private:
  const interaction::Repository& repository_;
  const Settings& settings_;
};

}  // namespace varde::messaging
