#pragma once
/// @file server/storage/writer.h
/// The one thread that writes. Jobs that wait are committed as a group: one durable commit for all, a savepoint for
/// each, so that one that refuses or throws is undone alone. Nobody is answered before the commit.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/storage/sql.h"
#include "server/storage/symbols.h"

namespace varde::storage {

class Writer {
 public:
  using Job = std::function<bool(Transaction&)>;

  /// `newest` is the latest time stored so far: no job gets that time or an earlier one.
  /// `allowance`: what each job may cost.
  Writer(sql::Connection& connection, std::function<Instant()> clock, Instant newest, std::size_t queue_limit,
         const time::Zone& zone, const Allowance& allowance);
  ~Writer();  ///< finishes what is queued

  /// The time of the latest job.
  Instant newest() const { return newest_; }
  /// Faults: busy.
  Result<std::future<void>> submit(Job job);

 private:
  struct Queued {
    Job job;
    std::promise<void> answer;
  };
  struct Done {
    std::promise<void> answer;
    std::exception_ptr thrown;
  };

  void work();
  bool gather();  ///< false: stopping and nothing is left
  void await_company(std::unique_lock<std::mutex>& lock);
  void commit_group();
  void commit();
  Done run(Queued queued);
  void undo_job() noexcept;
  void abandon_group() noexcept;
  Instant tick();

  sql::Connection& connection_;
  std::function<Instant()> clock_;
  Symbols symbols_;
  std::atomic<Instant> newest_;
  std::deque<Queued> group_;  ///< taken from the queue, not yet run; the thread's own
  const std::size_t queue_limit_;
  const time::Zone zone_;
  const Allowance allowance_;

  // How many writers seem to be at it, how long to wait for them, and how many groups long not to (they stayed away).
  std::size_t company_ = 0;
  std::chrono::steady_clock::duration patience_{};
  int groups_without_waiting_ = 0;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Queued> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace varde::storage
