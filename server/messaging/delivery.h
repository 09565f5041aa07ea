#pragma once
/// @file server/messaging/delivery.h
/// The outbox worker's steps: send what is due, retry what failed, watch for AppRecs that do not come.
/// A message is sent at least once, always under the same MsgId; it is never given up silently.
#include <cstddef>

#include "adapters/transport.h"
#include "server/interaction/repository.h"
#include "server/messaging/clock_watch.h"
#include "server/messaging/messaging.h"
#include "server/messaging/story.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Pause before try number `attempt` + 1: doubled each time, at most the longest, give or take a fifth.
std::chrono::microseconds back_off(const Settings& settings, std::int64_t attempt, double random);

/// Brings an outbound message's Communication to `state`; `why` for people.
Result<void> tell_story(interaction::Act& act, const std::string& communication_id, State state,
                        std::string_view why = {});

/// The Tasks that told of trouble with this message are done: `what_happened`, in Norwegian.
Result<void> settle_trouble(interaction::Act& act, const storage::OutboxRow& row, std::string_view what_happened);

class Delivery {
 public:
  Delivery(const interaction::Repository& repository, adapters::Sender& sender, const Settings& settings)
      : repository_(repository), sender_(sender), settings_(settings), clock_(settings.wall_clock, settings.elapsed) {}

  /// When somebody has set the clock: one Task that says so, and what is due comes due after as long as it should.
  void watch_clock();

  /// Tries every message that is due. Returns how many the transport took.
  std::size_t send_due();
  /// Marks what has waited too long for its AppRec; one Task each. Returns how many.
  std::size_t watch_deadlines();

 private:
  struct Attempt {
    storage::OutboxRow row;
    Result<void> sent;
  };
  Result<void> record(interaction::Act& act, const Attempt& attempt);
  Result<void> retry_later(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure);
  Result<void> give_up(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure);

  const interaction::Repository& repository_;
  adapters::Sender& sender_;
  const Settings& settings_;
  ClockWatch clock_;
};

}  // namespace varde::messaging
