#include <fmt/format.h>

#include <algorithm>

#include "server/followup/in_force.h"
#include "server/followup/measure.h"
#include "server/operation/codes.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

namespace {

using namespace std::chrono;
using followup::Zone;
using storage::Instant;

constexpr std::size_t kMostMeasurements = 1'000'000;  // of one measure
constexpr std::size_t kMostPoints = 20'000;           // of one curve

// --- buckets ---------------------------------------------------------------------------------------------------------

/// The bucket that a moment falls in, by the zone's clocks; the hour that autumn repeats is two.
followup::Bounds bucket_of(Instant time, Bucket bucket, const time::Zone& zone) {
  if (bucket == Bucket::raw) return {time, time};
  if (bucket == Bucket::hour) {
    const auto offset = zone.offset_at(time);
    const Instant start = floor<hours>(time + offset) - offset;
    return {start, start + hours{1}};
  }
  const local_days day = floor<days>(zone.wall(time));
  const auto midnight = [&](local_days at) { return zone.instant(at); };
  if (bucket == Bucket::day) return {midnight(day), midnight(day + days{1})};
  if (bucket == Bucket::week) {
    const local_days monday = day - (weekday{day} - Monday);
    return {midnight(monday), midnight(monday + days{7})};
  }
  const year_month_day date{day};
  const auto first = date.year() / date.month() / 1;
  return {midnight(local_days{first}), midnight(local_days{first + months{1}})};
}

void add_value(TrendPoint& point, double value, const storage::Measurement& row) {
  const bool first = point.count == 0;
  point.minimum = first ? value : std::min(point.minimum, value);
  point.maximum = first ? value : std::max(point.maximum, value);
  point.average += (value - point.average) / static_cast<double>(++point.count);
  point.bounds += row.comparator != 0;
  ++point.zones[static_cast<std::size_t>(followup::zone_of(row.zone).value_or(Zone::grey))];
}

/// `rows`: newest first, as they are read; a point a bucket, oldest first.
std::vector<TrendPoint> points_of(const std::vector<std::pair<double, const storage::Measurement*>>& rows,
                                  Bucket bucket, const time::Zone& zone) {
  std::vector<TrendPoint> points;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const Instant time = row->second->time;
    if (points.empty() || time >= points.back().end || bucket == Bucket::raw) {
      const auto [start, end] = bucket_of(time, bucket, zone);
      points.push_back({start, end});
    }
    add_value(points.back(), row->first, *row->second);
  }
  return points;
}

std::vector<followup::Bounds> gaps_between(const std::vector<TrendPoint>& points, Bucket bucket) {
  std::vector<followup::Bounds> gaps;
  if (bucket == Bucket::raw) return gaps;
  for (std::size_t i = 1; i < points.size(); ++i)
    if (points[i - 1].end < points[i].start) gaps.push_back({points[i - 1].end, points[i].start});
  return gaps;
}

// --- limits ----------------------------------------------------------------------------------------------------------

void convert(std::optional<followup::Bound>& bound, const std::string& from, const std::string& to,
             const followup::Measure* measure) {
  if (!bound) return;
  const auto value = followup::in_unit(bound->value, from, to, measure);
  if (value)
    bound = followup::Bound{followup::number_text(*value), *value};
  else
    bound.reset();
}

/// Those that held within the span, in the curve's own unit.
std::vector<followup::LimitsThen> limits_within(const std::vector<followup::LimitsThen>& all, const Span& span,
                                                const std::string& unit, const followup::Measure* measure) {
  std::vector<followup::LimitsThen> found;
  for (auto then : all) {
    if (then.in_force.from >= span.to || then.in_force.to <= span.from) continue;
    for (auto& range : then.limits.ranges) {
      convert(range.low, then.limits.unit, unit, measure);
      convert(range.high, then.limits.unit, unit, measure);
    }
    then.limits.unit = unit;
    found.push_back(std::move(then));
  }
  return found;
}

Result<void> limits_are_readable(const interaction::View& view, storage::PatientKey patient, const std::string& key) {
  const auto now = followup::limits_in_force(view, patient, key, view.now());
  if (!now.unreadable || !now.limits.ranges.empty()) return {};
  return fail(Fault::internal, "the limits that are stored for this measure cannot be read: save them again", key);
}

// --- curves ----------------------------------------------------------------------------------------------------------

/// Measurements in units that cannot be made one another's are curves of their own.
using ByUnit = std::vector<std::pair<std::string, std::vector<std::pair<double, const storage::Measurement*>>>>;

ByUnit by_unit(const std::vector<storage::Measurement>& series, const followup::Measure* measure) {
  ByUnit found;
  if (measure) found.emplace_back(measure->unit, std::vector<std::pair<double, const storage::Measurement*>>{});
  for (const auto& row : series) {
    bool placed = false;
    for (auto& [unit, rows] : found) {
      const auto value =
          unit == row.unit ? Result<double>(row.value) : followup::in_unit(row.value, row.unit, unit, measure);
      if (!value) continue;
      rows.emplace_back(*value, &row), placed = true;
      break;
    }
    if (!placed) found.push_back({row.unit, {{row.value, &row}}});
  }
  std::erase_if(found, [](const auto& unit) { return unit.second.empty(); });
  return found;
}

Result<void> add_curves(Trend& trend, const interaction::View& view, storage::PatientKey patient,
                        const std::string& key, const followup::LimitsOverTime& limits) {
  const auto series = view.measurements(patient, key, trend.span.from, trend.span.to, kMostMeasurements + 1);
  if (series.empty()) return {};
  if (series.size() > kMostMeasurements)
    return fail(Fault::too_costly,
                fmt::format("more than {} measurements of one measure; ask for a shorter time", kMostMeasurements),
                "from");
  FHIR_TRY(limits_are_readable(view, patient, key));
  const auto* measure = followup::find_measure(key);
  const auto then = limits.find(key);
  for (const auto& [unit, rows] : by_unit(series, measure)) {
    Curve curve{.key = key, .unit = unit};
    if (measure) curve.name = measure->name, curve.display = measure->display, curve.decimals = measure->decimals;
    curve.points = points_of(rows, trend.bucket, view.zone());
    if (curve.points.size() > kMostPoints)
      return fail(
          Fault::too_costly,
          fmt::format("more than {} points in one curve; ask for a shorter time or a longer bucket", kMostPoints),
          "bucket");
    curve.gaps = gaps_between(curve.points, trend.bucket);
    if (then != limits.end()) curve.limits = limits_within(then->second, trend.span, unit, measure);
    trend.curves.push_back(std::move(curve));
  }
  return {};
}

/// A code that nothing is measured by would be an empty curve, which looks like nothing measured.
Result<void> check_codes(const std::vector<std::string>& codes, const std::vector<std::string>& measured) {
  for (const auto& code : codes) {
    if (is_known(code, measured)) continue;
    std::string known;
    for (const auto& key : measured) {
      const auto* measure = followup::find_measure(key);
      known.append(known.empty() ? "" : ", ").append(code_of(key));
      if (measure) known.append(" (").append(measure->name).append(")");
    }
    return fail(Fault::code_invalid,
                fmt::format("Koden er ikke en måling som er kjent her; målt hos pasienten: {0} (the code is no measure "
                            "that is known here; of the patient there are: {0})",
                            known.empty() ? "-" : known),
                "code");
  }
  return {};
}

}  // namespace

Zone TrendPoint::worst() const {
  for (const Zone zone : {Zone::red, Zone::yellow, Zone::grey})
    if (zones[static_cast<std::size_t>(zone)] > 0) return zone;
  return Zone::green;
}

std::string_view Curve::title() const { return name.empty() ? code_of(key) : std::string_view(name); }

Result<Trend> read_trend(const interaction::View& view, const std::string& patient_id, const TrendQuestion& question) {
  const auto patient = view.patient_key(patient_id);
  if (patient == storage::PatientKey::none)
    return fail(Fault::not_found, "Pasienten finnes ikke (there is no such Patient)");
  const auto measured = view.measures(patient);
  FHIR_TRY(check_codes(question.codes, measured));
  Trend trend{question.span, question.bucket, {}, {}};
  const auto limits = question.with_limits ? followup::limits_over_time(view, patient) : followup::LimitsOverTime{};
  for (const auto& key : keys_meant(question.codes, measured)) FHIR_TRY(add_curves(trend, view, patient, key, limits));
  if (question.from_first && !trend.curves.empty()) {
    trend.span.from = Instant::max();
    for (const auto& curve : trend.curves) trend.span.from = std::min(trend.span.from, curve.points.front().start);
  }
  for (const auto& pause : followup::pauses_over_time(view, patient))
    if (pause.overlaps({trend.span.from, trend.span.to})) trend.pauses.push_back(pause);
  return trend;
}

}  // namespace varde::operation
