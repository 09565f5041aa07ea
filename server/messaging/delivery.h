#pragma once
/// @file server/messaging/delivery.h
/// Sending what waits on one route. A message is sent at least once, always under the same MsgId; it is never given up
/// silently. What is for one receiver goes in the order it was written; a receiver who cannot be reached holds up no
/// other, and a route no other route.
#include <cstddef>
#include <string>

#include "adapters/transport.h"
#include "server/interaction/repository.h"
#include "server/messaging/messaging.h"
#include "server/messaging/route.h"
#include "server/messaging/story.h"
#include "server/storage/due.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Type of what is no message: a document for a journal system, which its transport answers and no AppRec does.
inline constexpr std::string_view kJournalDocument = "JOURNAL";
/// The route of such documents, where there is one.
inline constexpr std::string_view kJournalRoute = "journal-push";

/// Pause before try number `attempt` + 1: doubled each time, at most the longest, give or take a fifth.
std::chrono::microseconds back_off(const Route& route, std::int64_t attempt, double random);

/// Brings an outbound message's Communication to `state`. What becomes of a copy is a note there.
Result<void> tell_story(interaction::Act& act, const storage::OutboxRow& row, State state);
/// "Kopimottaker 12345: levert"
std::string words_of_copy(const storage::OutboxRow& row, std::string_view what);

/// The Tasks that told of trouble with this message are done: `what_happened`, in Norwegian.
Result<void> settle_trouble(interaction::Act& act, const storage::OutboxRow& row, std::string_view what_happened);

/// By the clock (DueKind::apprec): a message that is not sent, or not answered, in time. One Task.
Result<void> miss_deadline(interaction::Act& act, const Settings& settings, const storage::DueRow& row);

/// What waits on a route that is not there any more goes by the one that its receiver has now.
Result<void> reroute_what_waits(interaction::Act& act, const std::vector<Route>& routes);

class Delivery {
 public:
  Delivery(const interaction::Repository& repository, const Route& route, const Settings& settings)
      : repository_(repository), route_(route), settings_(settings) {}

  const Route& route() const { return route_; }
  /// One round over the receivers for whom something waits. Returns how many messages the transport took.
  std::size_t send_what_waits();

 private:
  struct Attempt {
    storage::OutboxRow row;
    Result<adapters::TransportReceipt> sent;
    bool is_put_off() const { return !sent && sent.error().fault == Fault::busy; }
  };
  bool is_ours() const;  ///< of processes that share the store, one sends by a route, so that messages keep their order
  std::size_t send_to(const std::string& receiver_her);
  Attempt attempt(storage::OutboxRow row);
  Result<void> record(interaction::Act& act, const Attempt& attempt);
  Result<void> record_taken(interaction::Act& act, const storage::OutboxRow& row, std::string_view receipt);
  Result<void> retry_later(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure);
  Result<void> give_up(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure);
  Result<void> tell_route_failed(interaction::Act& act) const;
  Result<void> tell_route_recovered(interaction::Act& act, storage::Instant since) const;

  const interaction::Repository& repository_;
  const Route& route_;
  const Settings& settings_;
};

}  // namespace varde::messaging
