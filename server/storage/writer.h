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
#include <unordered_map>
#include <vector>

#include "server/storage/clock.h"
#include "server/storage/engine.h"
#include "server/storage/health.h"
#include "server/storage/known_patients.h"
#include "server/storage/known_resources.h"
#include "server/storage/new_keys.h"
#include "server/storage/sql.h"
#include "server/storage/symbols.h"

namespace varde::storage {

class Writer {
 public:
  using Job = std::function<bool(Transaction&)>;

  /// `allowance`: what each job may cost.
  Writer(sql::Connection& connection, Engine& engine, Health& health, Clock& clock, std::size_t queue_limit,
         const time::Zone& zone, const Allowance& allowance);
  ~Writer();  ///< finishes what is queued

  /// Whether a commit that changed something has been durable so lately.
  bool wrote_within(std::chrono::milliseconds time) const;
  /// Waits while a whole group of the same caller's jobs is waiting: a large batch takes turns, it does not fill the
  /// queue. Faults: busy.
  Result<std::future<void>> submit(Job job, Reach reach);

 private:
  struct Queued {
    Job job;
    std::promise<void> answer;
    std::thread::id caller;
    Reach reach;
  };
  struct Done {
    std::promise<void> answer;
    std::exception_ptr thrown;
  };

  void work();
  bool gather();  ///< false: stopping and nothing is left
  void take_queued();
  void take_company(std::chrono::steady_clock::time_point began);
  void await_company(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point until,
                     std::size_t enough);
  void begin();
  void part_group();
  Reach reach_of_group() const;
  std::vector<PatientKey> within(const Reach& reach);
  void remember_what_holds(const Turn& turn);
  void commit_group();
  void commit();
  Done run(Queued queued);
  void undo_job() noexcept;
  void abandon_group() noexcept;

  sql::Connection& connection_;
  Engine& engine_;
  Health& health_;
  std::atomic<std::chrono::steady_clock::time_point> durable_{};  ///< the last commit that was
  Clock& clock_;
  Symbols symbols_;
  NewKeys keys_;
  KnownPatients patients_;
  KnownResources resources_;
  bool wrote_ = false;        ///< a job of this group kept its changes
  std::size_t part_ = 0;      ///< so many of group_ are done in this transaction
  bool parted_ = false;       ///< the others are to be done next
  bool others_write_ = true;  ///< or did lately, of the processes that share the store
  bool named_ = false;        ///< this group reaches only patients that its jobs named
  bool spoilt_ = false;       ///< a job of this group could not be undone alone
  std::deque<Queued> group_;  ///< taken from the queue, not yet run; the thread's own
  std::vector<Done> done_;    ///< run, not yet answered; never more than a group, which it has room for
  const std::size_t queue_limit_;
  const time::Zone zone_;
  const Allowance allowance_;

  // How many writers seem to be at it, how long to wait for them, and how many groups long not to (they stayed away).
  std::size_t company_ = 0;
  std::chrono::steady_clock::duration patience_{};
  std::chrono::steady_clock::duration group_time_;  ///< how long a group works
  int groups_without_waiting_ = 0;

  std::mutex mutex_;
  std::condition_variable arrived_, taken_;
  std::deque<Queued> queue_;
  std::unordered_map<std::thread::id, std::size_t> waiting_;  ///< jobs in queue_, by caller
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace varde::storage
