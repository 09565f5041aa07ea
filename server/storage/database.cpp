#include <algorithm>

#include "fhir-model/time/system_clock.h"
#include "server/storage/clock.h"
#include "server/storage/engine.h"
#include "server/storage/health.h"
#include "server/storage/keys.h"
#include "server/storage/readers.h"
#include "server/storage/storage.h"
#include "server/storage/writer.h"

namespace varde::storage {
namespace {

constexpr auto kRecently = std::chrono::seconds(5);
constexpr sql::Query kProbe{
    "INSERT INTO setting (name, value) VALUES ('probe', 1) ON CONFLICT (name) DO UPDATE SET value = setting.value + 1"};
constexpr sql::Query kNewestOfType{"SELECT max(updated) FROM resource WHERE type = ?1"};

std::chrono::microseconds monotonic_time() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

Options with_defaults(Options options) {
  if (!options.elapsed)
    options.elapsed = options.clock ? std::function([] { return std::chrono::microseconds{}; }) : monotonic_time;
  if (!options.clock) options.clock = time::system_now;
  if (!options.log) options.log = [](std::string_view) {};
  options.readers = std::max<std::size_t>(options.readers, 1);
  return options;
}

std::vector<std::unique_ptr<sql::Connection>> open_readers(Engine& engine, std::size_t count) {
  std::vector<std::unique_ptr<sql::Connection>> connections;
  while (connections.size() < count) connections.push_back(engine.open_reader());
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
  Health health;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<sql::Connection> write_connection;
  Readers readers;
  Clock clock;
  Writer writer;  // last, so that it stops first

 private:
  Impl(Options complete, int)
      : options(std::move(complete)),
        engine(open_engine(options, health)),
        write_connection(engine->open_writer()),
        readers(open_readers(*engine, options.readers)),
        clock(options.clock, options.elapsed, newest_update(*write_connection)),
        writer(*write_connection, *engine, health, clock, options.queue_limit, options.zone, options.write_allowance) {}
};

Database::Database(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Database::~Database() = default;

Result<std::future<void>> Database::submit(std::function<bool(Transaction&)> job, Reach reach) {
  return impl_->writer.submit(std::move(job), std::move(reach));
}

Database::Lease::Lease(Impl& database, Budget& budget, Moment moment)
    : impl(database), snapshot(database.readers.borrow(moment), budget, database.options.zone) {
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
  if (is_gone()) impl_->health.complain(Trouble::gone, "the data directory was removed or replaced");
  const Trouble trouble = impl_->health.trouble();
  if (trouble == Trouble::damaged || trouble == Trouble::gone) throw impl_->health.error();
  if (trouble == Trouble::none && impl_->writer.wrote_within(kRecently)) return;
  auto probe = submit([](Transaction& transaction) {
    transaction.connection().run(kProbe);
    return true;
  });
  if (!probe) return;  // the queue is full: they are being written
  probe->get();
}

bool Database::is_gone() const { return !impl_->engine->is_ours(); }

Instant Database::now() const { return impl_->clock.now(); }

bool Database::is_shared() const { return impl_->engine->is_shared(); }

bool Database::hold(std::string_view duty) { return impl_->engine->hold(duty); }

void Database::on_news(std::function<void(std::string_view)> hear) { impl_->engine->on_news(std::move(hear)); }

bool Database::is_first_use(std::string_view proof, std::int64_t until) {
  return impl_->engine->is_first_use(proof, until);
}

std::string Database::common_secret(std::string_view name, std::string_view own) {
  return impl_->engine->common_secret(name, own);
}

std::size_t Database::bytes_on_disk() const { return impl_->engine->bytes(); }

}  // namespace varde::storage
