#include "server/followup/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "server/followup/measure.h"
#include "server/followup/rule/rules.h"
#include "server/followup/window.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

constexpr std::size_t kMostPoints = 500;  ///< of a window: the newest, as when a reading comes in
constexpr std::size_t kAtOnce = 1000;     ///< patients
constexpr auto kAll = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());

/// A stored number, as it was judged and as it would be.
struct Row {
  rule::Point point;
  double shown = 0;
  Zone before = Zone::grey;
};

double as_judged(double number, char comparator) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (comparator == '<') return std::nextafter(number, -kInfinity);
  return comparator == '>' ? std::nextafter(number, kInfinity) : number;
}

std::chrono::seconds lookback_of(const Asked& asked) {
  return asked.rule->lookback ? asked.rule->lookback(asked.settings) : std::chrono::seconds{0};
}

/// By time; what says the same at the same time is a reading that was sent again.
std::vector<Row> rows_of(const interaction::View& view, storage::PatientKey patient, const MeasureLimits& plan,
                         Instant from, Instant to) {
  std::vector<Row> rows;
  const auto* known = find_measure(plan.measure);
  for (const auto& stored : view.measurements(patient, plan.measure, from, to, kAll)) {
    const auto number = in_unit(as_judged(stored.value, stored.comparator), stored.unit, plan.limits.unit, known);
    if (!number) continue;
    rows.push_back({{stored.time, *number, stored.observation, stored.comparator},
                    rounded(*number, known ? known->decimals : 6),
                    zone_of(stored.zone).value_or(Zone::grey)});
  }
  std::ranges::sort(rows, {},
                    [](const Row& row) { return std::tuple(row.point.time, row.point.value, row.point.observation); });
  const auto same = [](const Row& a, const Row& b) {
    return a.point.time == b.point.time && a.point.value == b.point.value;
  };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
  return rows;
}

struct Verdict {
  Zone zone = Zone::grey;
  std::string text;
};

/// By the limits, and by the rules over the readings up to it.
Verdict verdict_of(const interaction::View& view, const MeasureLimits& plan, std::string_view name,
                   std::span<const rule::Point> points, const rule::Moment& moment) {
  const auto& judged = points.back();
  Verdict verdict{evaluate(plan.limits, judged.value).zone, {}};
  for (const auto& asked : plan.rules) {
    if (asked.rule->when != rule::When::planned) continue;
    const auto from = judged.time - lookback_of(asked);
    auto window = points.subspan(
        static_cast<std::size_t>(std::ranges::lower_bound(points, from, {}, &rule::Point::time) - points.begin()));
    if (window.size() > kMostPoints) window = window.last(kMostPoints);
    view.budget().spend(1 + window.size() / 8);
    for (auto& found : asked.rule->evaluate({find_measure(plan.measure), name, plan.limits, asked.settings},
                                            {from, judged.time, window}, moment)) {
      if (found.zone < Zone::yellow) continue;
      verdict.zone = worst(verdict.zone, found.zone);
      verdict.text.append(verdict.text.empty() ? "" : ", ").append(found.text);
    }
  }
  return verdict;
}

std::size_t index_of(Zone zone) { return static_cast<std::size_t>(zone); }

/// What matters most first: the worst, then the newest.
bool before(const Recoloured& a, const Recoloured& b) {
  return std::tuple(a.after, a.before, a.time) > std::tuple(b.after, b.before, b.time);
}

bool is_example(const DryRun& run, const Recoloured& changed, std::size_t most) {
  return run.examples.size() < most || (most > 0 && before(changed, run.examples.back()));
}

void keep_example(DryRun& run, Recoloured changed, std::size_t most) {
  auto& examples = run.examples;
  examples.insert(std::ranges::upper_bound(examples, changed, before), std::move(changed));
  if (examples.size() > most) examples.pop_back();
}

Result<void> run_of(const interaction::View& view, storage::PatientKey patient, const MeasureLimits& plan,
                    const DryRunOf& of, DryRun& run) {
  const auto* known = find_measure(plan.measure);
  const std::string name = known ? known->name : plan.measure;
  const auto unit = shown_unit(plan.limits.unit);
  const auto rows = rows_of(view, patient, plan, of.from - reach_of(plan.rules), of.to);
  std::vector<rule::Point> points;
  points.reserve(rows.size());
  for (const auto& row : rows) {
    points.push_back(row.point);
    if (row.point.time < of.from) continue;
    if (!view.budget().spend()) return view.budget().within();
    const auto verdict = verdict_of(view, plan, name, points, {view.now(), view.zone()});
    ++run.readings, ++run.before[index_of(row.before)], ++run.after[index_of(verdict.zone)];
    if (verdict.zone == row.before) continue;
    ++run.changed, ++(verdict.zone > row.before ? run.worse : run.better);
    Recoloured changed{patient, row.point.observation, row.point.time, plan.measure, {}, row.before, verdict.zone};
    if (!is_example(run, changed, of.most_examples)) continue;
    changed.text = fmt::format("{} {} {}: {}, ville blitt {}", name, shown_number(row.shown), unit,
                               norwegian(row.before), norwegian(verdict.zone));
    // In the words of the readings themselves, which are read for an example alone.
    const auto told = [&](const rule::Point& point) { return told_of(view, point, {}); };
    const auto words = verdict_of(view, plan, name, points, {view.now(), view.zone(), told}).text;
    if (!words.empty()) changed.text += fmt::format(" ({})", words);
    keep_example(run, std::move(changed), of.most_examples);
  }
  return view.budget().within();
}

}  // namespace

Result<DryRun> dry_run(const interaction::View& view, const DryRunOf& of) {
  DryRun run;
  for (const auto patient : of.patients)
    for (const auto& plan : of.plan) FHIR_TRY(run_of(view, patient, plan, of, run));
  return run;
}

Result<std::vector<storage::PatientKey>> everybody_with(const interaction::View& view,
                                                        const std::vector<MeasureLimits>& plan) {
  std::vector<storage::PatientKey> found;
  auto after = storage::PatientKey::none;
  for (;;) {
    const auto patients = storage::enrolment::open_patients(view, after, kAtOnce);
    for (const auto patient : patients) {
      if (!view.budget().spend(2)) break;
      const bool planned = std::any_of(plan.begin(), plan.end(), [&](const MeasureLimits& each) {
        return !storage::limits::of(view, patient, each.measure).empty();
      });
      if (planned) found.push_back(patient);
    }
    FHIR_TRY(view.budget().within());
    if (patients.size() < kAtOnce) return found;
    after = patients.back();
  }
}

}  // namespace varde::followup
