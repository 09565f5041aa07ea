#include "server/messaging/processing.h"

#include <algorithm>
#include <exception>
#include <future>
#include <new>
#include <optional>
#include <utility>

#include <pthread.h>

#include <fmt/format.h>

#include "server/storage/messages.h"

namespace varde::messaging {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kPage = 64;
constexpr std::size_t kMostUnderWay = 256;     ///< what the writer commits together at most
constexpr std::size_t kMostBytes = 32u << 20;  ///< of messages as they were received, read ahead or under way
constexpr unsigned kMostReaders = 4;
constexpr auto kOrphaned = 10s;  ///< of a message that another process took and did not process: it has gone
constexpr int kTries = 3;        ///< of a message that our own code fails on

}  // namespace

/// A message that waits to be read, is being read, or is.
struct Processing::Ahead {
  enum class State : std::uint8_t { waits, in_work, read };
  State state = State::waits;
  std::int64_t id = 0;
  std::size_t size = 0;
  bool give_up = false;
  storage::InboxRow row;                 ///< moved from once it is considered
  std::optional<Considered> considered;  ///< absent: `failed` says why
  std::exception_ptr failed;
};

/// The writer has it. Its job refers to it, so it waits for the writer before it goes.
struct Processing::UnderWay {
  explicit UnderWay(Ahead& ahead) : id(ahead.id), size(ahead.size), message(std::move(*ahead.considered)) {}
  UnderWay(const UnderWay&) = delete;
  ~UnderWay() {
    if (answer.valid()) answer.wait();
  }

  const std::int64_t id;
  const std::size_t size;
  Considered message;
  std::optional<Failure> unstorable;  ///< why what it holds could not be stored; then it is refused
  Result<void> result;
  std::future<void> answer;
};

bool Processing::is_over(const std::list<UnderWay>& under_way) {
  if (under_way.empty()) return false;
  const auto& answer = under_way.front().answer;
  return !answer.valid() || answer.wait_for(0s) == std::future_status::ready;
}

Processing::Processing(const interaction::Repository& repository, Reception& reception, std::function<void()> done,
                       std::function<void(std::string_view)> log)
    : repository_(repository), reception_(reception), done_(std::move(done)), log_(std::move(log)) {}

Processing::~Processing() { stop(); }

void Processing::start() {
  // One core is the writer's, and who hands over reads too.
  const auto count = std::clamp(std::thread::hardware_concurrency(), 2u, kMostReaders + 1) - 1;
  while (readers_.size() < count) readers_.emplace_back([this](std::stop_token stop) { read_ahead(std::move(stop)); });
}

void Processing::stop() {
  for (auto& reader : readers_) reader.request_stop();
  readers_.clear();  // joins
}

void Processing::took(std::int64_t inbox_id) {
  const std::lock_guard lock(mutex_);
  unprocessed_.insert(inbox_id);
}

void Processing::is_done(std::int64_t inbox_id) {
  ++reached_;
  tries_.erase(inbox_id);
  const std::lock_guard lock(mutex_);
  unprocessed_.erase(inbox_id);
}

/// Of processes that share the store each processes what it took itself, and what another one has left behind. That
/// nothing is processed twice is seen to in the transaction that does it; this spares the work.
bool Processing::is_ours(const storage::InboxRow& row) {
  if (row.received + kOrphaned <= repository_.now()) return true;
  const std::lock_guard lock(mutex_);
  return unprocessed_.contains(row.id);
}

void Processing::read_ahead(std::stop_token stop) {
  ::pthread_setname_np(::pthread_self(), "inbox reader");
  while (true) {
    std::shared_ptr<Ahead> ahead;
    {
      std::unique_lock lock(mutex_);
      const auto first_that_waits = [this] {
        return std::ranges::find(ahead_, Ahead::State::waits, [](const auto& each) { return each->state; });
      };
      if (!changed_.wait(lock, stop, [&] { return first_that_waits() != ahead_.end(); })) return;
      ahead = *first_that_waits();
      ahead->state = Ahead::State::in_work;
    }
    consider(*ahead);
  }
}

/// What it throws is met where the message's turn comes.
void Processing::consider(Ahead& ahead) {
  try {
    ahead.considered.emplace(reception_.consider(std::move(ahead.row)));
  } catch (...) {  // Xerces throws classes of its own
    ahead.failed = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    ahead.state = Ahead::State::read;
  }
  changed_.notify_all();
}

void Processing::look_for_more(Whose whose) {
  if (bytes_ >= kMostBytes) return;  // what is under way goes first
  auto rows = repository_.read([&](const interaction::View& view) {
    return storage::inbox::in_state(view, storage::InboxState::received, kPage, after_, kMostBytes - bytes_);
  });
  for (auto& row : rows) {
    after_ = row.id;
    if (whose != Whose::everybodys && !is_ours(row)) continue;
    auto ahead = std::make_shared<Ahead>();
    ahead->id = row.id, ahead->size = row.bytes.size();
    if (const auto tries = tries_.find(row.id); tries != tries_.end() && tries->second >= kTries)
      ahead->give_up = true, ahead->state = Ahead::State::read;
    ahead->row = std::move(row);
    bytes_ += ahead->size;
    const std::lock_guard lock(mutex_);
    ahead_.push_back(std::move(ahead));
  }
  dry_ = rows.empty();
  if (!dry_) changed_.notify_all();
}

/// The one whose turn it is, read; nullptr when there is none.
std::shared_ptr<Processing::Ahead> Processing::next() {
  std::unique_lock lock(mutex_);
  if (ahead_.empty()) return nullptr;
  auto first = ahead_.front();
  if (first->state == Ahead::State::waits) {
    first->state = Ahead::State::in_work;
    lock.unlock();
    consider(*first);
    lock.lock();
  }
  changed_.wait(lock, [&] { return first->state == Ahead::State::read; });
  ahead_.pop_front();
  return first;
}

/// Of a round that ended in the middle of something.
void Processing::begin_round() {
  {
    const std::lock_guard lock(mutex_);
    ahead_.clear();
  }
  while (!under_way_.empty()) settle();
  after_ = 0, reached_ = 0, bytes_ = 0, dry_ = false;
}

std::size_t Processing::round(Whose whose, const std::stop_token& stop) {
  begin_round();
  while (!stop.stop_requested()) {
    if (ahead_.empty() || (!dry_ && ahead_.size() < kPage / 2)) look_for_more(whose);
    const auto ahead = under_way_.size() < kMostUnderWay ? next() : nullptr;
    if (ahead) hand_over(*ahead);
    if (ahead && !is_over(under_way_)) continue;
    if (!ahead && under_way_.empty()) break;
    settle();
  }
  while (!under_way_.empty()) settle();
  return reached_;
}

/// What our own code fails on is counted, and a failing disk waited for.
template <class Step>
void Processing::guarded(std::int64_t inbox_id, Step&& step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    log_("no memory to process a message with: it waits");
  } catch (const storage::EngineError& error) {  // the disk, not the message: it waits until that is mended
    log_(fmt::format("message {}: storage failed: {}", inbox_id, error.what()));
  } catch (const std::exception& error) {
    log_(fmt::format("message {}: our own error, try {}: {}", inbox_id, ++tries_[inbox_id], error.what()));
  } catch (...) {
    log_(fmt::format("message {}: our own error, try {}: an unknown exception", inbox_id, ++tries_[inbox_id]));
  }
}

void Processing::hand_over(Ahead& ahead) {
  guarded(ahead.id, [&] {
    if (!ahead.give_up && !ahead.failed) return submit(under_way_.emplace_back(ahead));
    bytes_ -= ahead.size;
    if (ahead.failed) std::rethrow_exception(ahead.failed);
    give_up(ahead.row);
  });
}

void Processing::give_up(const storage::InboxRow& row) {
  if (const auto result = reception_.give_up(row); !result)
    return log_(fmt::format("message {}: not yet, {}", row.id, row_of(result.error().fault).name));
  is_done(row.id);
  done_();
}

void Processing::submit(UnderWay& under_way) {
  auto answer = repository_.submit([this, at = &under_way](interaction::Act& act) {
    at->result =
        at->unstorable ? reception_.refuse(act, at->message, *at->unstorable) : reception_.take(act, at->message);
    return at->result.has_value();
  });
  if (answer)
    under_way.answer = std::move(*answer);
  else
    under_way.result = tl::unexpected<Failure>(answer.error());
}

void Processing::settle() {
  const auto before = reached_;
  do {
    bool again = false;
    auto& front = under_way_.front();
    guarded(front.id, [&] { again = settle(front) == Settled::once_more; });
    if (again) {
      under_way_.splice(under_way_.end(), under_way_, under_way_.begin());
    } else {
      bytes_ -= front.size;
      under_way_.pop_front();
    }
  } while (is_over(under_way_));
  if (reached_ != before) done_();
}

Processing::Settled Processing::settle(UnderWay& under_way) {
  if (under_way.answer.valid()) under_way.answer.get();
  if (under_way.result) {
    is_done(under_way.id);
    return Settled::reached_its_end;
  }
  const auto& failure = under_way.result.error();
  if (failure.fault == Fault::busy || under_way.unstorable) {
    log_(fmt::format("message {}: not yet, {}", under_way.id, row_of(failure.fault).name));
    return Settled::another_time;
  }
  // The content cannot become what the server holds: nothing of it was kept, so the sender must know.
  log_(fmt::format("message {}: refused, {}", under_way.id, row_of(failure.fault).name));
  under_way.unstorable = failure;
  submit(under_way);
  return Settled::once_more;
}

}  // namespace varde::messaging
