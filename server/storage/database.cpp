#include <fmt/format.h>

#include <algorithm>

#include "server/storage/clock.h"
#include "server/storage/condition.h"
#include "server/storage/directory.h"
#include "server/storage/keys.h"
#include "server/storage/readers.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/log_file.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/storage.h"
#include "server/storage/whole_file.h"
#include "server/storage/writer.h"

namespace varde::storage {
namespace {

constexpr auto kRecently = std::chrono::seconds(5);
// Writes the first page, whatever stands in it: the field is of no use to us otherwise.
constexpr sql::Query kProbe{"PRAGMA user_version = 1"};
constexpr sql::Query kNewestOfType{"SELECT max(updated) FROM resource WHERE type = ?1"};

Instant system_time() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

std::chrono::microseconds monotonic_time() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

Options with_defaults(Options options) {
  if (!options.elapsed)
    options.elapsed = options.clock ? std::function([] { return std::chrono::microseconds{}; }) : monotonic_time;
  if (!options.clock) options.clock = system_time;
  if (!options.log) options.log = [](std::string_view) {};
  options.readers = std::max<std::size_t>(options.readers, 1);
  return options;
}

/// The engine drops without a word what it cannot read of its log: here it is told, and kept.
sqlite::LogState check_log(const std::string& database, const Options& options) {
  const std::string log = database + "-wal";
  const auto state = sqlite::state_of_log(log);
  if (state == sqlite::LogState::whole) return state;
  if (state == sqlite::LogState::damaged && !options.accept_loss)
    throw EngineError(Trouble::damaged,
                      fmt::format("{} is damaged in the middle: what was acknowledged after the damage cannot be read. "
                                  "Restore a backup (`varde restore`), or start once with --accept-loss",
                                  log));
  const std::string kept = fmt::format("{}.{}", log, options.clock().time_since_epoch().count());
  copy_whole(log, kept);
  options.log(
      fmt::format("{}; a copy of the log is kept as {}",
                  state == sqlite::LogState::damaged
                      ? "the log is damaged: what was written after the damage is lost"
                      : "the log ends in a transaction that is not whole (a power cut, or damage): it is left out",
                  kept));
  return state;
}

std::unique_ptr<sql::Connection> open_writer(const std::string& file, Condition& condition, const Options& options) {
  const auto log = check_log(file, options);
  auto connection = std::make_unique<sqlite::Connection>(file, sqlite::Access::write, condition);
  sqlite::apply_schema(*connection, options.clock());
  if (log != sqlite::LogState::whole) connection->script("PRAGMA wal_checkpoint(TRUNCATE)");  // told once is enough
  return connection;
}

std::vector<std::unique_ptr<sql::Connection>> open_readers(const std::string& file, Condition& condition,
                                                           std::size_t count) {
  std::vector<std::unique_ptr<sql::Connection>> connections;
  while (connections.size() < count)
    connections.push_back(std::make_unique<sqlite::Connection>(file, sqlite::Access::read, condition));
  return connections;
}

/// One probe per type, so that a start is quick however big the store.
Instant newest_update(sql::Connection& connection) {
  Instant newest{};
  for (const auto& type : fhir::types()) {
    if (type.kind != fhir::TypeKind::resource) continue;
    auto rows = connection.query(kNewestOfType, type_key(type.name));
    if (rows.next() && !rows.is_null(0)) newest = std::max(newest, rows.instant(0));
  }
  return newest;
}

}  // namespace

struct Database::Impl {
  explicit Impl(Options given) : Impl(with_defaults(std::move(given)), 0) {}

  Options options;
  Directory directory;
  Condition condition;
  std::unique_ptr<sql::Connection> write_connection;
  Readers readers;
  Clock clock;
  Writer writer;  // last, so that it stops first

 private:
  Impl(Options complete, int)
      : options(std::move(complete)),
        directory(options.directory),
        write_connection(open_writer(directory.database_file(), condition, options)),
        readers(open_readers(directory.database_file(), condition, options.readers)),
        clock(options.clock, options.elapsed, newest_update(*write_connection)),
        writer(*write_connection, directory, condition, clock, options.queue_limit, options.zone,
               options.write_allowance) {}
};

Database::Database(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Database::~Database() = default;

Result<std::future<void>> Database::submit(std::function<bool(Transaction&)> job) {
  return impl_->writer.submit(std::move(job));
}

Database::Lease::Lease(Impl& database, Budget& budget)
    : impl(database), snapshot(database.readers.borrow(), budget, database.options.zone) {
  budget.begin();
  snapshot.connection().bound_by(&budget);
}

Database::Lease::~Lease() {
  snapshot.connection().bound_by(nullptr);
  impl.readers.give_back(snapshot.connection());
}

Budget Database::read_budget() const { return Budget(impl_->options.read_allowance); }

const time::Zone& Database::zone() const { return impl_->options.zone; }

void Database::check_writable() {
  if (is_gone()) impl_->condition.complain(Trouble::gone, "the data directory was removed or replaced");
  const Trouble trouble = impl_->condition.trouble();
  if (trouble == Trouble::damaged || trouble == Trouble::gone) throw impl_->condition.error();
  if (trouble == Trouble::none && impl_->writer.wrote_within(kRecently)) return;
  auto probe = submit([](Transaction& transaction) {
    transaction.connection().run(kProbe);
    return true;
  });
  if (!probe) return;  // the queue is full: they are being written
  probe->get();
}

bool Database::is_gone() const { return !impl_->directory.is_ours(); }

Instant Database::now() const { return impl_->clock.now(); }

std::size_t Database::bytes_on_disk() const { return impl_->directory.bytes(); }

}  // namespace varde::storage
