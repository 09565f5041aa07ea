#pragma once
/// @file server/operation/trend/trend.h
/// A patient's measurements over time as curves, ready to be sent as Parameters, as a table or as a drawing: one point
/// a bucket, with the limits that were in force, the rests of the follow-up, and the gaps.
/// Source: https://hl7.org/fhir/R4/observation-operation-stats.html for the words; the operation is ours.
/// Units: values in the measure's own UCUM unit; days by the deployment's clocks. Pure but for read_trend.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/followup/limits_over_time.h"
#include "server/followup/rule/zone.h"
#include "server/interaction/act.h"
#include "server/operation/input.h"

namespace varde::operation {

enum class Bucket : std::uint8_t { raw, hour, day, week, month };

struct TrendQuestion {
  std::vector<std::string> codes;  ///< none: everything measured
  Span span;
  bool from_first = false;  ///< nobody asked for a beginning: it is where the measurements begin
  Bucket bucket = Bucket::day;
  bool with_limits = true;  ///< a table of numbers shows none
};

struct TrendPoint {
  storage::Instant start, end;  ///< of the bucket; of one measurement both its own time
  double average = 0, minimum = 0, maximum = 0;
  std::int64_t count = 0;
  std::int64_t bounds = 0;                 ///< of them, those sent as "<70" or ">33.3": drawn at the bound
  std::array<std::int64_t, 4> zones = {};  ///< how many of each followup::Zone
  followup::Zone worst() const;
};

struct Curve {
  std::string key;                           ///< "http://loinc.org|2708-6"
  std::string name, display;                 ///< Norwegian, English; empty for a measure that the table does not know
  std::string unit;                          ///< UCUM
  int decimals = 3;                          ///< of a value as measured
  std::vector<followup::LimitsThen> limits;  ///< in `unit`
  std::vector<TrendPoint> points;            ///< oldest first; buckets without measurements have none
  std::vector<followup::Bounds> gaps;        ///< whole buckets without measurements between the first and the last
  std::string_view title() const;            ///< for people
};

struct Trend {
  Span span;
  Bucket bucket = Bucket::day;
  std::vector<Curve> curves;
  std::vector<followup::Bounds> pauses;  ///< within the span
};

/// Faults: not_found (no such Patient), code_invalid (a code that nothing is measured by), internal (limits that are
/// stored and cannot be read: a curve without them would look like one that has none), too_costly.
Result<Trend> read_trend(const interaction::View& view, const std::string& patient_id, const TrendQuestion& question);

/// Where a point begins, as FHIR writes it: no clock of a bucket of days, nor of a reading that says none.
std::string start_text(const TrendPoint&, Bucket, const time::Zone& zone);
std::string trend_json(const Trend& trend, const time::Zone& zone);  ///< Parameters
std::string trend_csv(const Trend& trend, const time::Zone& zone);   ///< RFC 4180, a row a point

}  // namespace varde::operation
