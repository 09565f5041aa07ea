#include "server/interaction/reindex.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "server/search/index.h"

namespace varde::interaction {
namespace {

using storage::ResourceKey;
using storage::Transaction;
namespace search_parameters = storage::search_parameters;

constexpr std::size_t kPerTransaction = 500;
constexpr std::string_view kDuty = "index";

void write_anew(Transaction& transaction, const Store& store, const storage::Version& version, fhir::Element resource,
                const storage::IndexRows& rows) {
  auto patient = version.patient;
  // What is outside R4's compartments had no owner at first (Task, Device); the others keep the one they were given.
  if (fhir::patient_compartment(version.type).empty())
    if (const std::string owner = store.owner(resource, transaction); !owner.empty())
      patient = transaction.claim_patient(owner);
  transaction.reindex(version.key, patient, rows);
}

void reindex(Transaction& transaction, const Store& store, ResourceKey key) {
  const auto version = transaction.current(key);
  const auto tree = View::tree(*version);
  storage::IndexRows rows;
  store.index(tree.root(), transaction, rows);
  write_anew(transaction, store, *version, tree.root(), rows);
}

/// Waits for the job; one that throws is the caller's, as a full disk is.
void write(storage::Database& database, const std::function<void(Transaction&)>& job) {
  auto done = database.write([&](Transaction& transaction) -> Result<void> {
    job(transaction);
    return {};
  });
  if (!done) throw std::runtime_error(done.error().diagnostics);
}

template <class Visit>
void each_resource_type(Visit&& visit) {
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<fhir::TypeId>(i); fhir::is_resource(type)) visit(type);
}

}  // namespace

std::size_t reindex_where_rules_changed(storage::Database& database, const Store& store) {
  const auto rules = search::index_rules(database.zone());
  if (database.read([](const storage::Snapshot& snapshot) { return snapshot.index_rules(); }) == rules) return 0;
  std::size_t count = 0;
  auto last = ResourceKey::none;
  for (bool more = true; more;) {
    write(database, [&](Transaction& transaction) {
      const auto keys = transaction.live_resources(last, kPerTransaction);
      for (const ResourceKey key : keys) reindex(transaction, store, key);
      count += keys.size(), more = !keys.empty();
      if (more) last = keys.back();
    });
  }
  write(database, [&](Transaction& transaction) {
    transaction.set_index_rules(rules);
    each_resource_type(
        [&](fhir::TypeId type) { search_parameters::set_indexed_by(transaction, type, search::fingerprint(type)); });
  });
  return count;
}

void note_changed_parameters(storage::Database& database, Store& store) {
  std::vector<std::pair<fhir::TypeId, std::string>> changed, before;
  database.read([&](const storage::Snapshot& snapshot) {
    before = search_parameters::indexed_by(snapshot);
    for (const auto& row : search_parameters::all(snapshot))
      if (row.resource.empty()) store.note_r4_is_reindexed();
  });
  const auto held = [&](fhir::TypeId type) {
    const auto found = std::ranges::find_if(before, [&](const auto& one) { return one.first == type; });
    return found == before.end() ? nullptr : &found->second;
  };
  each_resource_type([&](fhir::TypeId type) {
    std::string now = search::fingerprint(type);
    const std::string* then = held(type);
    if (!then || *then != now) changed.emplace_back(type, std::move(now));
  });
  if (changed.empty()) return;
  write(database, [&](Transaction& transaction) {
    for (const auto& [type, now] : changed) {
      search_parameters::set_indexed_by(transaction, type, now);
      const std::string* then = held(type);
      if (!then) continue;  // as the rules say that it was made
      for (const std::string_view code : search::changed_since(type, *then)) {
        search_parameters::put(transaction, {.type = type, .code = std::string(code)});
        store.note_r4_is_reindexed();
      }
      search_parameters::begin(transaction, type);
    }
  });
}

void Indexer::start() {
  thread_ = std::jthread([this](const std::stop_token& stopping) { work(stopping); });
}

void Indexer::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Indexer::look_soon() {
  {
    const std::lock_guard lock(mutex_);
    soon_ = true;
  }
  awaited_.notify_one();
}

// What was told of is committed a moment later, and by other processes whenever: so it looks again.
void Indexer::work(const std::stop_token& stopping) {
  constexpr auto kOften = std::chrono::milliseconds(10), kSeldom = std::chrono::milliseconds(1000);
  constexpr int kTimes = 20;
  int often = kTimes;
  while (!stopping.stop_requested()) {
    try {
      while (!stopping.stop_requested() && step()) often = kTimes;
    } catch (const std::exception& failed) {
      log_(fmt::format("indexing anew waits: {}", failed.what()));
      often = 0;
    }
    std::unique_lock lock(mutex_);
    awaited_.wait_for(lock, stopping, often > 0 ? kOften : kSeldom, [this] { return soon_; });
    often = soon_ ? kTimes : std::max(often - 1, 0);
    soon_ = false;
  }
}

namespace {

/// A resource indexed beside the writer.
struct Made {
  storage::Version version;
  fhir::Tree tree;
  storage::IndexRows rows;
};

struct Batch {
  storage::Reindexing of;
  std::int64_t number = 0;  ///< of the parameters that it was made by
  std::vector<std::unique_ptr<Made>> made;
  std::string last;
};

/// One that ends by its bytes, too: an index is not worth a gigabyte.
Batch make_batch(const storage::Snapshot& snapshot, const Store& store, const storage::Reindexing& of) {
  constexpr std::size_t kResources = 200, kBytes = std::size_t{4} << 20;
  Batch out{of, search_parameters::number(snapshot), {}, {}};
  std::size_t bytes = 0;
  for (const auto& [id, key] : search_parameters::next(snapshot, of, kResources, out.last)) {
    auto version = snapshot.current(key);
    auto tree = View::tree(*version);
    out.made.push_back(std::make_unique<Made>(Made{std::move(*version), std::move(tree), {}}));
    Made& made = *out.made.back();
    store.index(made.tree.root(), snapshot, made.rows);
    bytes += made.version.bytes.size();
    if (bytes < kBytes) continue;
    out.last = id;
    break;
  }
  return out;
}

/// Nothing where it no longer holds: then it is made anew.
void write_batch(Transaction& transaction, const Store& store, Batch& batch) {
  const auto now = search_parameters::unfinished(transaction);
  if (search_parameters::number(transaction) != batch.number || std::ranges::find(now, batch.of) == now.end()) return;
  for (const auto& made : batch.made) {
    const auto version = transaction.current(made->version.key);
    // A version that came since was indexed by what holds now.
    if (version->version != made->version.version || version->method == storage::Method::remove) continue;
    write_anew(transaction, store, *version, made->tree.root(), made->rows);
  }
  auto to = batch.of;
  to.after = batch.last, to.done += static_cast<std::int64_t>(batch.made.size());
  if (batch.last.empty())
    search_parameters::finish(transaction, to.type);
  else
    search_parameters::advance(transaction, to);
}

}  // namespace

bool Indexer::step() {
  Allowance allowance;
  allowance.time = std::chrono::seconds(30), allowance.bytes = std::size_t{1} << 30;
  Budget budget(allowance);
  const auto is_any = [](const storage::Snapshot& snapshot) {
    return !search_parameters::unfinished(snapshot).empty();
  };
  if (!database_.read(is_any) || !database_.hold(kDuty)) return false;
  std::optional<Batch> batch;
  const auto make = [&](const storage::Snapshot& snapshot) {
    const auto unfinished = search_parameters::unfinished(snapshot);
    if (!unfinished.empty()) batch = make_batch(snapshot, store_, unfinished.front());
  };
  database_.read(make, budget);
  if (!batch) return false;
  write(database_, [&](Transaction& transaction) { write_batch(transaction, store_, *batch); });
  const auto done = batch->of.done + static_cast<std::int64_t>(batch->made.size());
  if (batch->last.empty() && done > 0)
    log_(fmt::format("indexed {} resources of type {} anew", done, fhir::row_of(batch->of.type).name));
  return true;
}

}  // namespace varde::interaction
