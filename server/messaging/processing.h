#pragma once
/// @file server/messaging/processing.h
/// Brings what is received to its end, many at a time: messages are read and mapped ahead by several threads, handed to
/// the writer in the order in which they came, and share its commits. What one message meets (it is refused, our own
/// code fails on it) stays its own: the writer undoes it alone.
/// Threads: round() by one at a time; took() by any.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "server/interaction/repository.h"
#include "server/messaging/reception.h"

namespace varde::messaging {

class Processing {
 public:
  enum class Whose : std::uint8_t { ours, everybodys };

  /// `done` is called after some have reached their end, `log` with a line per event; neither throws. All outlive this.
  Processing(const interaction::Repository& repository, Reception& reception, std::function<void()> done,
             std::function<void(std::string_view)> log);
  ~Processing();
  void start();  ///< the threads that read ahead; without them round() reads everything itself
  void stop();

  /// This process has taken the message.
  void took(std::int64_t inbox_id);
  /// One round through what is received and not processed. Returns how many reached their end.
  std::size_t round(Whose whose, const std::stop_token& stop = {});

 private:
  struct Ahead;
  struct UnderWay;

  enum class Settled : std::uint8_t { reached_its_end, another_time, once_more };

  void read_ahead(std::stop_token stop);
  void consider(Ahead& ahead);
  bool is_ours(const storage::InboxRow& row);

  void begin_round();
  void look_for_more(Whose whose);
  std::shared_ptr<Ahead> next();
  void hand_over(Ahead& ahead);
  void submit(UnderWay& under_way);
  void settle();  ///< the first, whose commit it waits for, and all whose commits are over
  Settled settle(UnderWay& under_way);
  /// Whether the first has been committed, or was not taken.
  static bool is_over(const std::list<UnderWay>& under_way);
  void give_up(const storage::InboxRow& row);
  void is_done(std::int64_t inbox_id);
  template <class Step>
  void guarded(std::int64_t inbox_id, Step&& step);

  const interaction::Repository& repository_;
  Reception& reception_;
  const std::function<void()> done_;
  const std::function<void(std::string_view)> log_;

  // Of the round.
  std::map<std::int64_t, int> tries_;  ///< of messages that our own code fails on
  std::int64_t after_ = 0;
  std::size_t reached_ = 0, bytes_ = 0;  ///< bytes: of messages that are read ahead or under way
  bool dry_ = false;                     ///< the last look found none
  std::list<UnderWay> under_way_;        ///< with the writer, in their order

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Ahead>> ahead_;  ///< in their order
  std::set<std::int64_t> unprocessed_;        ///< taken by this process, and not processed yet
  std::vector<std::jthread> readers_;
};

}  // namespace varde::messaging
