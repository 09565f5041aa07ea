#include "server/clock/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace varde::clock {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 100;
constexpr int kTimes = 3;  // that something is made anew at once
constexpr auto kTryAgain = 1min;
constexpr auto kTick = 200ms;

bool is_there(const interaction::View& view, const storage::DueRow& row) {
  return storage::due::at(view, row.kind, row.patient, row.subject) == row.at;
}

Result<void> carry_out(interaction::Act& act, const storage::DueRow& row, const Handler& handler) {
  if (!is_there(act, row)) return {};  // somebody decided otherwise meanwhile
  FHIR_TRY(handler(act, row));
  if (is_there(act, row)) throw std::logic_error("what was due stays due");
  return {};
}

}  // namespace

void Clock::on(storage::DueKind kind, Handler handler) {
  prepare(kind, [handler](const interaction::View&, const storage::DueRow&) -> Result<Handler> { return handler; });
  handlers_[kind] = std::move(handler);
}

bool Clock::happen(const Preparation& preparation, const storage::DueRow& row) {
  for (int time = 1;; ++time) {
    const auto handler = repository_.read([&](const interaction::View& view) { return preparation(view, row); });
    const auto done = handler.and_then([&](const Handler& write) {
      return repository_.write([&](interaction::Act& act) -> Result<void> { return carry_out(act, row, write); });
    });
    if (done) return true;
    if (done.error().fault == Fault::version_conflict && time < kTimes) continue;
    log_(fmt::format("clock: not yet, {}", row_of(done.error().fault).name));
    return false;
  }
}

void Clock::put_off(const storage::DueRow& row) {
  const auto later = repository_.write([&](interaction::Act& act) -> Result<void> {
    if (is_there(act, row)) storage::due::put(act, {row.kind, row.patient, row.subject, act.now() + kTryAgain});
    return {};
  });
  if (!later) log_("clock: cannot be put off");
}

/// On its own: a row that our own code fails on holds up no other.
bool Clock::happen_alone(const storage::DueRow& row) {
  const auto preparation = preparations_.find(row.kind);
  if (preparation == preparations_.end()) return false;  // of a room that is not wired here
  bool happened = false;
  try {
    happened = happen(preparation->second, row);
  } catch (const storage::EngineError&) {  // the disk, not the row: it waits until that is mended
    throw;
  } catch (const std::exception& error) {
    log_(fmt::format("clock: our own error: {}", error.what()));
  }
  if (!happened) put_off(row);
  return happened;
}

/// In one transaction, for a deadline of many is a deadline of many commits otherwise. Where one of them cannot be
/// done, each is done alone.
std::size_t Clock::happen_together(std::span<const storage::DueRow> rows) {
  if (rows.size() > 1) {
    try {
      const auto done = repository_.write([&](interaction::Act& act) -> Result<void> {
        for (const auto& row : rows) FHIR_TRY(carry_out(act, row, handlers_.at(row.kind)));
        return {};
      });
      if (done) return rows.size();
    } catch (const storage::EngineError&) {
      throw;
    } catch (const std::exception&) {
      // Whose it is, and what is wrong, is told below.
    }
  }
  std::size_t done = 0;
  for (const auto& row : rows) done += happen_alone(row);
  return done;
}

std::size_t Clock::do_what_is_due() {
  if (look_) look_();
  if (!repository_.hold(kDuty)) return 0;
  const auto ready =
      repository_.read([](const interaction::View& view) { return storage::due::ready(view, view.now(), kBatch); });
  std::size_t done = 0;
  for (auto from = ready.begin(); from != ready.end();) {
    const auto to = std::find_if(from, ready.end(), [&](const auto& row) { return !handlers_.contains(row.kind); });
    done += happen_together({from, to});
    from = to;
    if (from != ready.end()) done += happen_alone(*from++);
  }
  return done;
}

std::size_t Clock::do_a_round() {
  try {
    try {
      return do_what_is_due();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      log_(fmt::format("clock: {}", error.what()));
    }
  } catch (const std::bad_alloc&) {
    // No memory to say so with; the next round tries again.
  }
  return 0;
}

void Clock::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (do_a_round() > 0) continue;
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, kTick, [] { return false; });
    }
  });
}

void Clock::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace varde::clock
