#include <algorithm>

#include "server/storage/directory.h"
#include "server/storage/keys.h"
#include "server/storage/readers.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/storage.h"
#include "server/storage/writer.h"

namespace varde::storage {
namespace {

constexpr sql::Query kNewestOfType{"SELECT max(updated) FROM resource WHERE type = ?1"};

Instant system_time() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

Options with_defaults(Options options) {
  if (!options.clock) options.clock = system_time;
  options.readers = std::max<std::size_t>(options.readers, 1);
  return options;
}

std::unique_ptr<sql::Connection> open_writer(const std::string& file, Instant now) {
  auto connection = std::make_unique<sqlite::Connection>(file, sqlite::Access::write);
  sqlite::apply_schema(*connection, now);
  return connection;
}

std::vector<std::unique_ptr<sql::Connection>> open_readers(const std::string& file, std::size_t count) {
  std::vector<std::unique_ptr<sql::Connection>> connections;
  while (connections.size() < count)
    connections.push_back(std::make_unique<sqlite::Connection>(file, sqlite::Access::read));
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
  std::unique_ptr<sql::Connection> write_connection;
  Readers readers;
  Writer writer;  // last, so that it stops first

 private:
  Impl(Options complete, int)
      : options(std::move(complete)),
        directory(options.directory),
        write_connection(open_writer(directory.database_file(), options.clock())),
        readers(open_readers(directory.database_file(), options.readers)),
        writer(*write_connection, options.clock, newest_update(*write_connection), options.queue_limit, options.zone,
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

Instant Database::now() const { return std::max(impl_->options.clock(), impl_->writer.newest()); }

std::size_t Database::bytes_on_disk() const { return impl_->directory.bytes(); }

}  // namespace varde::storage
