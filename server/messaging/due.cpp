#include "server/messaging/due.h"

#include <fmt/format.h>

#include "server/messaging/effect/stay.h"
#include "server/messaging/summary.h"
#include "server/storage/due.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kBatch = 100;
constexpr std::chrono::minutes kTryAgain{1};

Result<void> happen(storage::Transaction& db, interaction::Store& store, const Settings& settings,
                    const storage::DueRow& row) {
  switch (row.kind) {
    case storage::DueKind::summary: return send_held_back(db, store, settings, row.patient);
    case storage::DueKind::correction: return send_corrections(db, store, settings, row.patient);
    case storage::DueKind::stay: return begin_stay(db, store, row);
  }
  return {};
}

}  // namespace

std::size_t do_what_is_due(storage::Database& database, interaction::Store& store, const Settings& settings) {
  const auto ready =
      database.read([&](const storage::Snapshot& db) { return storage::due::ready(db, database.now(), kBatch); });
  std::size_t done = 0;
  for (const auto& row : ready) {
    const auto happened = database.write([&](storage::Transaction& db) { return happen(db, store, settings, row); });
    done += happened.has_value();
    if (happened) continue;
    settings.log(fmt::format("due: not yet, {}", row_of(happened.error().fault).name));
    const auto later = database.write([&](storage::Transaction& db) -> Result<void> {
      storage::due::put(db, {row.kind, row.patient, row.subject, db.now() + kTryAgain});
      return {};
    });
    if (!later) settings.log("due: cannot be put off");
  }
  return done;
}

}  // namespace varde::messaging
