#include "server/storage/writer.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace varde::storage {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A group ends when nothing waits, or when its first job has waited long enough: for twice as long as the commit before
// took, within these bounds. Where jobs always wait, a disk that commits slowly would else get more of the time than
// the jobs have, and each of them would wait for more commits than it must.
constexpr std::size_t kGroupJobs = 256;
constexpr auto kShortestGroup = std::chrono::milliseconds(20), kLongestGroup = std::chrono::milliseconds(100);
constexpr int kGroupBesideCommit = 2;
constexpr auto kLongestPatience = std::chrono::milliseconds(1);
constexpr int kGroupsWithoutWaiting = 8;
constexpr auto kWaitForMemory = std::chrono::milliseconds(20);
constexpr auto kLately = std::chrono::seconds(60);
constexpr int kTimes = 3;                 // that a turn is asked for
constexpr std::size_t kMostNamed = 1000;  // patients of a group; a server keeps locks in a table of a fixed size

}  // namespace

Writer::Writer(sql::Connection& connection, Engine& engine, Health& health, Clock& clock, std::size_t queue_limit,
               const time::Zone& zone, const Allowance& allowance)
    : connection_(connection),
      engine_(engine),
      health_(health),
      clock_(clock),
      keys_(engine),
      queue_limit_(queue_limit),
      zone_(zone),
      allowance_(allowance),
      group_time_(kShortestGroup) {
  done_.reserve(kGroupJobs);  // what cannot be answered for want of memory would never be
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

bool Writer::wrote_within(std::chrono::milliseconds time) const { return SteadyClock::now() - durable_.load() < time; }

Result<std::future<void>> Writer::submit(Job job, Reach reach) {
  std::promise<void> answer;
  std::future<void> answered;
  {
    std::unique_lock lock(mutex_);
    const auto caller = std::this_thread::get_id();
    taken_.wait(lock, [&] {
      const auto own = waiting_.find(caller);
      return own == waiting_.end() || own->second < kGroupJobs;
    });
    if (queue_.size() >= queue_limit_)
      return fail(Fault::busy, "More writes are waiting than the server takes; try again in a moment.");
    // The job comes last: it refers to its caller, who would be gone if anything failed after it.
    std::size_t& own = waiting_[caller];
    queue_.push_back({std::move(job), std::move(answer), caller, std::move(reach)});
    ++own;
    // Not before: a promise that somebody waits for and that is never queued would want memory to say so.
    answered = queue_.back().answer.get_future();
  }
  arrived_.notify_one();
  return answered;
}

void Writer::work() {
  while (true) {
    try {
      if (!gather()) return;
      commit_group();
    } catch (const std::bad_alloc&) {  // what was taken is still in group_ or in the queue: tried again
      std::this_thread::sleep_for(kWaitForMemory);
    }
  }
}

bool Writer::gather() {
  std::unique_lock lock(mutex_);
  if (group_.empty()) arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  // What a group reaches on a shared store is said before it begins: nobody may join it then.
  if (engine_.is_shared() && group_.size() + queue_.size() < company_)
    await_company(lock, SteadyClock::now() + patience_, company_ - group_.size() - queue_.size());
  take_queued();
  return !group_.empty();
}

void Writer::take_queued() {
  while (!queue_.empty() && done_.size() + group_.size() < kGroupJobs) {
    group_.push_back(std::move(queue_.front()));
    queue_.pop_front();
    const auto caller = waiting_.find(group_.back().caller);
    if (--caller->second == 0) waiting_.erase(caller);
  }
  taken_.notify_all();
}

/// Those who come while the group is at work join it.
void Writer::take_company(SteadyClock::time_point began) {
  if (engine_.is_shared() || spoilt_ || !connection_.in_transaction()) return;
  std::unique_lock lock(mutex_);
  if (queue_.empty()) await_company(lock, began + patience_, 1);
  take_queued();
  part_ = group_.size();
}

// Those who were just answered tend to come back at once. Without a short wait for them, clients fall into two halves
// of which each waits for the other's commit, and every commit serves only half of them.
void Writer::await_company(std::unique_lock<std::mutex>& lock, SteadyClock::time_point until, std::size_t enough) {
  const auto here = done_.size() + group_.size() + queue_.size();
  if (here >= company_ || stopping_) return;
  if (groups_without_waiting_ > 0) {
    --groups_without_waiting_;
    return;
  }
  const auto before = queue_.size();
  arrived_.wait_until(lock, until, [&] { return stopping_ || queue_.size() >= before + enough; });
  const auto came = done_.size() + group_.size() + queue_.size();
  if (queue_.size() < before + enough && (came - here) * 2 < company_ - here)
    groups_without_waiting_ = kGroupsWithoutWaiting;
}

void Writer::remember_what_holds(const Turn& turn) {
  others_write_ = turn.newest - turn.others_newest < kLately;
  if (turn.others_wrote) keys_.forget(), patients_.forget_what_changes(), resources_.forget();
  if (turn.is_another) symbols_.forget(), patients_.forget(), resources_.forget();
  keys_.begin(turn.next_resource);
  clock_.reach(turn.newest);
}

/// Where others write, those that name their patients do not wait for those that reach everything: these come next.
void Writer::part_group() {
  part_ = group_.size();
  if (std::exchange(parted_, false) || !engine_.is_shared() || !others_write_) return;
  const auto everything =
      std::stable_partition(group_.begin(), group_.end(), [](const Queued& one) { return !one.reach.everything; });
  if (everything == group_.begin() || everything == group_.end()) return;
  part_ = static_cast<std::size_t>(everything - group_.begin());
  parted_ = true;
}

/// Of the part's jobs together: one that reaches everything makes all of them do so.
Reach Writer::reach_of_group() const {
  Reach reach{.everything = false};
  for (std::size_t i = 0; i < part_; ++i) {
    const Queued& queued = group_[i];
    if (queued.reach.everything) return {};
    reach.patients.insert(reach.patients.end(), queued.reach.patients.begin(), queued.reach.patients.end());
  }
  std::sort(reach.patients.begin(), reach.patients.end());
  reach.patients.erase(std::unique(reach.patients.begin(), reach.patients.end()), reach.patients.end());
  return reach.patients.size() > kMostNamed ? Reach{} : reach;
}

/// A patient that nobody has mentioned yet has no key, and gets none within.
std::vector<PatientKey> Writer::within(const Reach& reach) {
  Budget budget(allowance_);
  const Snapshot snapshot(connection_, budget, zone_, {&patients_});
  std::vector<PatientKey> keys;
  for (const std::string& id : reach.patients)
    if (const auto key = snapshot.patient_key(id); key != PatientKey::none) keys.push_back(key);
  return keys;
}

void Writer::begin() {
  part_group();
  // Alone, nothing is gained by names, and what goes further would be done twice.
  const Reach reach = engine_.is_shared() && others_write_ ? reach_of_group() : Reach{};
  for (int time = 1;; ++time) {
    try {
      if (connection_.in_transaction()) connection_.rollback();  // of a group that could not be undone then
      connection_.begin();
      if (const auto turn = engine_.take_turn(connection_, reach)) remember_what_holds(*turn);
      named_ = !reach.everything;
      return;
    } catch (const EngineError& error) {
      if (error.trouble() != Trouble::contended || time == kTimes) throw;
    }
  }
}

void Writer::commit() {
  const auto started = SteadyClock::now();
  engine_.end_turn(connection_, clock_.newest());
  connection_.commit();
  // A commit into files that nobody finds any more would be acknowledged and lost.
  if (!engine_.is_ours()) {
    health_.complain(Trouble::gone, "the data directory was removed or replaced");
    throw health_.error();
  }
  if (wrote_) health_.recovered(), durable_ = SteadyClock::now();
  const auto took = SteadyClock::now() - started;
  patience_ = std::min<SteadyClock::duration>(took / 4, kLongestPatience);
  group_time_ = std::clamp<SteadyClock::duration>(took * kGroupBesideCommit, kShortestGroup, kLongestGroup);
}

void Writer::commit_group() {
  std::exception_ptr failed;
  wrote_ = false, spoilt_ = false;
  try {
    begin();
    const auto started = SteadyClock::now();
    do {
      done_.push_back(run(std::move(group_.front())));
      group_.pop_front();
      if (--part_ == 0) take_company(started);
    } while (!spoilt_ && connection_.in_transaction() && part_ > 0 && SteadyClock::now() - started < group_time_);
    // On a full disk or the like the engine ends the whole transaction by itself: the jobs before went with it.
    if (connection_.in_transaction() && !spoilt_)
      commit();
    else
      failed = done_.back().thrown ? done_.back().thrown : std::make_exception_ptr(health_.error());
  } catch (...) {  // the engine, or no memory
    failed = std::current_exception();
  }
  if (failed)
    abandon_group();
  else
    symbols_.committed(), keys_.committed(), patients_.committed();

  if (failed && done_.empty()) {  // the group could not even begin: answer it, rather than try for ever
    for (auto& queued : group_) done_.push_back({std::move(queued.answer), nullptr});
    group_.clear();
  }
  {
    const std::lock_guard lock(mutex_);
    company_ = std::min(done_.size() + group_.size() + queue_.size(), kGroupJobs);
  }
  for (auto& job : done_) {
    if (failed)
      job.answer.set_exception(failed);
    else if (job.thrown)
      job.answer.set_exception(job.thrown);
    else
      job.answer.set_value();
  }
  done_.clear();
}

Writer::Done Writer::run(Queued queued) {
  Done done{std::move(queued.answer), nullptr};
  try {
    connection_.begin_part();
    Budget budget(allowance_);
    const auto keys = named_ ? within(queued.reach) : std::vector<PatientKey>{};
    KnownResources* const resources = engine_.is_shared() ? &resources_ : nullptr;  // near by, asking costs no more
    Transaction transaction(connection_, budget, zone_, {symbols_, keys_, patients_, resources}, clock_.tick(),
                            named_ ? &keys : nullptr);
    if (!queued.job(transaction))
      undo_job();
    else
      connection_.keep_part(), wrote_ = true;
  } catch (...) {
    done.thrown = std::current_exception();
    undo_job();
  }
  resources_.end_of_job();
  if (patients_.take_erased()) symbols_.forget(), resources_.forget();
  return done;
}

void Writer::undo_job() noexcept {
  symbols_.undone(), keys_.undone(), patients_.undone();
  try {
    if (!connection_.in_transaction()) return;
    connection_.undo_part();
  } catch (...) {
    spoilt_ = true;  // what cannot be undone alone is undone with its group
    abandon_group();
  }
}

void Writer::abandon_group() noexcept {
  resources_.forget();
  symbols_.undone(), keys_.undone(), patients_.undone();
  symbols_.committed(), keys_.committed(), patients_.committed();
  try {
    if (connection_.in_transaction()) connection_.rollback();
  } catch (...) {
    // The engine has ended the transaction itself; in_transaction() says so from now on.
  }
}

}  // namespace varde::storage
