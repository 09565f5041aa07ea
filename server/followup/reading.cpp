#include "server/followup/reading.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "server/followup/measure.h"
#include "server/followup/window.h"

namespace varde::followup {

namespace {

double beyond(const Judged& judged) {
  if (!judged.finding.crossed) return 0;
  const auto number = judged.value.judged_in(judged.limits.unit);
  if (!number) return 0;
  const double limit = judged.finding.crossed->value;
  return std::abs(*number - limit) / std::max(std::abs(limit), std::numeric_limits<double>::min());
}

}  // namespace

Severity severity_of(const Judgement& judgement) {
  Severity worst{judgement.level, 0};
  for (const auto& judged : judgement.values)
    if (judged.finding.zone == judgement.level) worst.beyond = std::max(worst.beyond, beyond(judged));
  return worst;
}

std::optional<Reading> read_reading(const interaction::View& view, storage::ResourceKey observation) {
  auto version = view.current(observation);
  if (!version || version->method == storage::Method::remove) return std::nullopt;
  auto tree = std::make_unique<fhir::Tree>(view.tree(*version));
  Reading reading{std::move(*version), std::move(tree), {}, {}};
  const auto root = reading.observation->root();
  if (!stands(root)) return std::nullopt;
  reading.judgement = judgement_of(root);
  reading.time = time_of(root, view.zone());
  return reading;
}

Alarming alarming_since(const interaction::View& view, storage::PatientKey patient, Instant from, Instant received) {
  constexpr auto kAll = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  std::set<storage::ResourceKey> observations;
  for (const auto& measure : view.measures(patient))
    for (const auto& row : view.measurements(patient, measure, from, Instant::max(), kAll))
      if (row.zone == letter(Zone::red) || row.zone == letter(Zone::yellow)) observations.insert(row.observation);
  Alarming found;
  Severity worst;
  for (const auto key : observations) {
    auto reading = read_reading(view, key);
    if (!reading || reading->version.updated < received || is_test_data(reading->observation->root())) continue;
    ++found.count;
    const auto severity = severity_of(reading->judgement);
    if (found.worst && (severity < worst || (severity == worst && reading->time < found.worst->time))) continue;
    worst = severity;
    found.worst = std::move(reading);
  }
  return found;
}

}  // namespace varde::followup
