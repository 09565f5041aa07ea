#include "server/messaging/due.h"

#include <fmt/format.h>

#include "server/messaging/effect/stay.h"
#include "server/messaging/summary.h"
#include "server/storage/due.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kBatch = 100;
constexpr std::chrono::minutes kTryAgain{1};

Result<void> happen(interaction::Act& act, const Settings& settings, const storage::DueRow& row) {
  switch (row.kind) {
    case storage::DueKind::summary: return send_held_back(act, settings, row.patient);
    case storage::DueKind::correction: return send_corrections(act, settings, row.patient);
    case storage::DueKind::stay: return begin_stay(act, row);
  }
  return {};
}

}  // namespace

std::size_t do_what_is_due(const interaction::Repository& repository, const Settings& settings) {
  const auto ready = repository.read(
      [&](const interaction::View& view) { return storage::due::ready(view, repository.now(), kBatch); });
  std::size_t done = 0;
  for (const auto& row : ready) {
    const auto happened = repository.write([&](interaction::Act& act) { return happen(act, settings, row); });
    done += happened.has_value();
    if (happened) continue;
    settings.log(fmt::format("due: not yet, {}", row_of(happened.error().fault).name));
    const auto later = repository.write([&](interaction::Act& act) -> Result<void> {
      storage::due::put(act, {row.kind, row.patient, row.subject, act.now() + kTryAgain});
      return {};
    });
    if (!later) settings.log("due: cannot be put off");
  }
  return done;
}

}  // namespace varde::messaging
