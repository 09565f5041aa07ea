#include "server/storage/writer.h"

#include <algorithm>
#include <chrono>

namespace varde::storage {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A group ends when nothing waits, or when its first job has waited long enough.
constexpr std::size_t kGroupJobs = 256;
constexpr auto kGroupTime = std::chrono::milliseconds(20);
constexpr auto kLongestPatience = std::chrono::milliseconds(1);
constexpr int kGroupsWithoutWaiting = 8;

constexpr sql::Query kBegin{"BEGIN IMMEDIATE"};
constexpr sql::Query kCommit{"COMMIT"};
constexpr sql::Query kRollback{"ROLLBACK"};
constexpr sql::Query kSavepoint{"SAVEPOINT job"};
constexpr sql::Query kRelease{"RELEASE job"};
constexpr sql::Query kUndo{"ROLLBACK TO job"};

}  // namespace

Writer::Writer(sql::Connection& connection, std::function<Instant()> clock, Instant newest, std::size_t queue_limit,
               const time::Zone& zone, const Allowance& allowance)
    : connection_(connection),
      clock_(std::move(clock)),
      newest_(newest),
      queue_limit_(queue_limit),
      zone_(zone),
      allowance_(allowance) {
  thread_ = std::thread([this] { work(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Result<std::future<void>> Writer::submit(Job job) {
  std::promise<void> answer;
  auto answered = answer.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_limit_)
      return fail(Fault::busy, "More writes are waiting than the server takes; try again in a moment.");
    queue_.push_back({std::move(job), std::move(answer)});
  }
  arrived_.notify_one();
  return answered;
}

void Writer::work() {
  while (gather()) commit_group();
}

bool Writer::gather() {
  std::unique_lock lock(mutex_);
  if (group_.empty()) arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  await_company(lock);
  while (!queue_.empty() && group_.size() < kGroupJobs) {
    group_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !group_.empty();
}

// Those who were just answered tend to come back at once. Without a short wait for them, clients fall into two halves
// of which each waits for the other's commit, and every commit serves only half of them.
void Writer::await_company(std::unique_lock<std::mutex>& lock) {
  const auto here = group_.size() + queue_.size();
  if (here >= company_ || stopping_) return;
  if (groups_without_waiting_ > 0) {
    --groups_without_waiting_;
    return;
  }
  arrived_.wait_for(lock, patience_, [this] { return stopping_ || group_.size() + queue_.size() >= company_; });
  const auto came = group_.size() + queue_.size() - here;
  if (came * 2 < company_ - here) groups_without_waiting_ = kGroupsWithoutWaiting;
}

void Writer::commit() {
  const auto started = SteadyClock::now();
  connection_.run(kCommit);
  patience_ = std::min<SteadyClock::duration>((SteadyClock::now() - started) / 4, kLongestPatience);
}

void Writer::commit_group() {
  std::vector<Done> done;
  std::exception_ptr failed;
  try {
    connection_.run(kBegin);
    const auto started = SteadyClock::now();
    do {
      done.push_back(run(std::move(group_.front())));
      group_.pop_front();
    } while (connection_.in_transaction() && !group_.empty() && SteadyClock::now() - started < kGroupTime);
    // On a full disk or the like the engine ends the whole transaction by itself: the jobs before went with it.
    if (connection_.in_transaction())
      commit();
    else
      failed = done.back().thrown;
  } catch (const EngineError&) {
    failed = std::current_exception();
  }
  if (failed)
    abandon_group();
  else
    symbols_.committed();

  if (failed && done.empty()) {  // the group could not even begin: answer it, rather than try for ever
    for (auto& queued : group_) done.push_back({std::move(queued.answer), nullptr});
    group_.clear();
  }
  {
    const std::lock_guard lock(mutex_);
    company_ = std::min(done.size() + group_.size() + queue_.size(), kGroupJobs);
  }
  for (auto& job : done) {
    if (failed)
      job.answer.set_exception(failed);
    else if (job.thrown)
      job.answer.set_exception(job.thrown);
    else
      job.answer.set_value();
  }
}

Writer::Done Writer::run(Queued queued) {
  Done done{std::move(queued.answer), nullptr};
  try {
    connection_.run(kSavepoint);
    Budget budget(allowance_);
    Transaction transaction(connection_, budget, zone_, symbols_, tick());
    if (!queued.job(transaction))
      undo_job();
    else
      connection_.run(kRelease);
  } catch (...) {
    done.thrown = std::current_exception();
    undo_job();
  }
  return done;
}

void Writer::undo_job() noexcept {
  symbols_.undone();
  try {
    if (!connection_.in_transaction()) return;
    connection_.run(kUndo);
    connection_.run(kRelease);
  } catch (const EngineError&) {
    abandon_group();  // what cannot be undone alone is undone with its group
  }
}

void Writer::abandon_group() noexcept {
  symbols_.undone();
  symbols_.committed();
  try {
    if (connection_.in_transaction()) connection_.run(kRollback);
  } catch (const EngineError&) {
    // The engine has ended the transaction itself; in_transaction() says so from now on.
  }
}

Instant Writer::tick() {
  const auto time = std::max(newest_.load() + std::chrono::microseconds(1), clock_());
  newest_ = time;
  return time;
}

}  // namespace varde::storage
