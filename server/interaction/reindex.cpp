#include "server/interaction/reindex.h"

#include <stdexcept>

#include "server/search/index.h"

namespace varde::interaction {
namespace {

using storage::ResourceKey;
using storage::Transaction;

constexpr std::size_t kPerTransaction = 500;

void reindex(Transaction& transaction, const Store& store, ResourceKey key) {
  const auto version = transaction.current(key);
  const auto tree = View::tree(*version);
  storage::IndexRows rows;
  store.index(tree.root(), transaction, rows);
  auto patient = version->patient;
  // What is outside R4's compartments had no owner at first (Task, Device); the others keep the one they were given.
  if (fhir::patient_compartment(version->type).empty())
    if (const std::string owner = store.owner(tree.root(), transaction); !owner.empty())
      patient = transaction.claim_patient(owner);
  transaction.reindex(key, patient, rows);
}

/// Waits for the job; one that throws is the caller's, as a full disk is.
void write(storage::Database& database, const std::function<void(Transaction&)>& job) {
  auto done = database.write([&](Transaction& transaction) -> Result<void> {
    job(transaction);
    return {};
  });
  if (!done) throw std::runtime_error(done.error().diagnostics);
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
  write(database, [&](Transaction& transaction) { transaction.set_index_rules(rules); });
  return count;
}

}  // namespace varde::interaction
