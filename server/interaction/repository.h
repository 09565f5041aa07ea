#pragma once
/// @file server/interaction/repository.h
/// The database as somebody sees it: makes the Views and Acts of one principal. The one door to storage for those who
/// begin a read or a write: the dispatcher, the message gateway, what happens by the clock, the demonstration's data.
#include <future>
#include <memory>
#include <utility>

#include "server/interaction/act.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::interaction {

/// `work` returns a Result; having cost more than it may is one more Failure of it.
template <class Work>
auto within_budget(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const OverBudget& over) {
    return tl::unexpected<Failure>(over.failure());
  }
}

/// `work` begins anew where another transaction was in the way (Trouble::contended), a few times; it must not have
/// moved out of what it needs.
template <class Work>
auto again_where_contended(Work&& work) -> decltype(work()) {
  constexpr int kTimes = 4;
  for (int time = 1;; ++time) {
    try {
      return work();
    } catch (const storage::EngineError& error) {
      if (error.trouble() != storage::Trouble::contended || time == kTimes) throw;
    }
  }
}

class Repository {
 public:
  /// `database` and `store` outlive this.
  Repository(storage::Database& database, Store& store, access::Principal principal)
      : Repository(database, store, std::make_shared<const access::Principal>(std::move(principal))) {}
  Repository(storage::Database& database, Store& store, std::shared_ptr<const access::Principal> principal)
      : database_(&database), store_(&store), principal_(std::move(principal)) {}
  Repository as(access::Principal principal) const { return {*database_, *store_, std::move(principal)}; }
  Repository as(std::shared_ptr<const access::Principal> principal) const {
    return {*database_, *store_, std::move(principal)};
  }

  /// What is read and written from here on is told to the auditor, which outlives this, as part of that event.
  Repository told_to(Auditor& auditor, AuditableEvent audited) const {
    Repository out = *this;
    out.auditor_ = &auditor, out.event_ = std::make_shared<const AuditableEvent>(std::move(audited));
    return out;
  }

  /// `reader` takes a `const View&`. Where it returns a Result, what it may not cost is a Failure (too_costly);
  /// otherwise OverBudget is thrown, see storage::Database::read.
  template <class Reader>
  auto read(Reader&& reader, Budget& budget, storage::Moment moment = storage::Moment::any) const {
    const auto on_snapshot = [&](const storage::Snapshot& snapshot) {
      const View view(snapshot, *store_, *principal_, database_->now());
      const Telling telling(*this, view);
      return reader(view);
    };
    if constexpr (requires { database_->read(on_snapshot, budget).error().fault; })
      return within_budget([&] { return database_->read(on_snapshot, budget, moment); });
    else
      return database_->read(on_snapshot, budget, moment);
  }
  template <class Reader>
  auto read(Reader&& reader) const {
    Budget budget = database_->read_budget();
    return read(std::forward<Reader>(reader), budget);
  }
  /// `job` takes an `Act&` and returns a Result; a Failure undoes what it wrote.
  template <class Job>
  auto write(Job&& job, storage::Reach reach = {}) const {
    return database_->write(
        [&](storage::Transaction& transaction) {
          Act act(transaction, *store_, *principal_);
          return done(act, job);
        },
        std::move(reach));
  }
  /// As write, without waiting; what `job` refers to outlives the future. Faults: busy.
  template <class Job>
  Result<std::future<void>> submit(Job job) const {
    return database_->submit([this, job = std::move(job)](storage::Transaction& transaction) {
      Act act(transaction, *store_, *principal_);
      return done(act, job);
    });
  }

  /// See storage::Database: whether processes share the store, and whether that duty is this one's.
  bool is_shared() const { return database_->is_shared(); }
  bool hold(std::string_view duty) const { return database_->hold(duty); }

  storage::Instant now() const { return database_->now(); }
  const time::Zone& zone() const { return database_->zone(); }

 private:
  /// Tells the auditor at the end of a read what was seen in it, however it ends.
  class Telling {
   public:
    Telling(const Repository& repository, const View& view) : repository_(repository), view_(view) {
      if (repository_.auditor_) view_.note_into(notes_);
    }
    Telling(const Telling&) = delete;
    ~Telling() {
      if (repository_.auditor_ && (repository_.event_->reads || !notes_.empty()))
        repository_.auditor_->seen(*repository_.principal_, repository_.event_in(view_), notes_, view_.now());
    }

   private:
    const Repository& repository_;
    const View& view_;
    Notes notes_;
  };

  /// The event, and whom its grounds are about.
  AuditableEvent event_in(const View& view) const {
    AuditableEvent out = *event_;
    if (!out.circumstances.person.empty()) out.attested = view.sight().who_has(out.circumstances.person);
    return out;
  }

  /// What was done is told in the transaction that does it; what was undone, is not.
  template <class Job>
  auto done(Act& act, Job& job) const {
    Notes notes;
    if (auditor_) act.note_into(notes);
    auto result = job(act);
    if (auditor_ && result) auditor_->done(act, event_in(act), notes);
    return result;
  }

  storage::Database* database_;
  Store* store_;
  std::shared_ptr<const access::Principal> principal_;
  Auditor* auditor_ = nullptr;
  std::shared_ptr<const AuditableEvent> event_ = nullptr;
};

/// Of a Repository the reading alone: what a write looks at beforehand, beside the writer.
class Reads {
 public:
  Reads(const Repository& repository, Budget& budget) : repository_(repository), budget_(budget) {}
  template <class Reader>
  auto operator()(Reader&& reader) const {
    return repository_.read(std::forward<Reader>(reader), budget_);
  }

 private:
  const Repository& repository_;
  Budget& budget_;
};

}  // namespace varde::interaction
