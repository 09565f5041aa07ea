#pragma once
/// @file server/interaction/reindex.h
/// What stored resources are found by, made anew: at the start where rows are made by other rules than this build's in
/// this zone, since alarms read them and half an index would answer wrongly; and online where a search parameter was
/// defined, changed or retired, here or by another release. How far that has come stands in the store, so that a kill
/// costs one batch; searches by what is not done say so (search/own_parameters.h).
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "server/interaction/store.h"

namespace varde::interaction {

/// How many resources had to be indexed anew. Started again after a crash, it begins anew.
std::size_t reindex_where_rules_changed(storage::Database& database, const Store& store);

/// Which of R4's parameters mean something else than what the stored rows were made by: they are indexed online. Before
/// anybody searches.
void note_changed_parameters(storage::Database& database, Store& store);

/// Of several processes on one store, one does it.
class Indexer {
 public:
  /// Both outlive this. `log` gets a line per type that is done.
  Indexer(storage::Database& database, const Store& store, std::function<void(std::string_view)> log)
      : database_(database), store_(store), log_(std::move(log)) {}
  ~Indexer() { stop(); }
  Indexer(const Indexer&) = delete;

  void start();
  void stop();
  void look_soon();  ///< something was written; safe from any thread
  /// One batch, by the caller: whether there was any. For the thread, and for tests.
  bool step();

 private:
  void work(const std::stop_token& stopping);

  storage::Database& database_;
  const Store& store_;
  std::function<void(std::string_view)> log_;
  std::mutex mutex_;
  std::condition_variable_any awaited_;
  bool soon_ = false;
  std::jthread thread_;
};

}  // namespace varde::interaction
