#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/time/text.h"
#include "server/followup/measure.h"
#include "server/operation/codes.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

namespace {

using followup::Zone;
using storage::Instant;

/// Writes the curve, part by part.
class Parts {
 public:
  Parts(fhir::Editor parameters, const Trend& trend, const time::Zone& zone)
      : parameters_(parameters), trend_(trend), zone_(zone) {}

  void add(const Curve& curve) {
    auto parameter = parameters_.add("parameter");
    parameter.set("name", "trend");
    auto code = part(parameter, "code").add("valueCoding");
    code.set("system", system_of(curve.key));
    code.set("code", code_of(curve.key));
    if (!curve.display.empty()) code.set("display", curve.display);
    if (!curve.name.empty()) part(parameter, "name").set("valueString", curve.name);
    if (!curve.unit.empty()) part(parameter, "unit").set("valueCode", curve.unit);
    for (const auto& then : curve.limits)
      for (const auto& range : then.limits.ranges) add_limit(parameter, range, then.in_force);
    for (const auto& gap : curve.gaps) add_period(part(parameter, "gap"), gap);
    for (const auto& point : curve.points) add_point(parameter, point, curve.decimals);
  }
  void add_pause(const followup::Bounds& pause) {
    auto parameter = parameters_.add("parameter");
    parameter.set("name", "pause");
    add_period(parameter, pause);
  }

 private:
  static fhir::Editor part(fhir::Editor of, std::string_view name) {
    auto added = of.add("part");
    added.set("name", name);
    return added;
  }
  static void number(fhir::Editor of, std::string_view name, double value) {
    part(of, name).set("valueDecimal", followup::number_text(value));
  }
  static void count(fhir::Editor of, std::string_view name, std::int64_t value) {
    if (value > 0) part(of, name).set("valueInteger", std::to_string(value));
  }
  void add_period(fhir::Editor of, const followup::Bounds& bounds) const {
    auto period = of.add("valuePeriod");
    if (bounds.from > Instant::min()) period.set("start", time::fhir_date_time(bounds.from, zone_));
    if (bounds.to < Instant::max()) period.set("end", time::fhir_date_time(bounds.to, zone_));
  }
  void add_limit(fhir::Editor parameter, const followup::ZoneRange& range, const followup::Bounds& in_force) const {
    auto limit = part(parameter, "limit");
    part(limit, "zone").set("valueCode", followup::code(range.zone));
    if (range.low) number(limit, "low", range.low->value);
    if (range.high) number(limit, "high", range.high->value);
    if (in_force.from > Instant::min() || in_force.to < Instant::max()) add_period(part(limit, "period"), in_force);
  }
  void add_point(fhir::Editor parameter, const TrendPoint& sum, int decimals) const {
    auto point = part(parameter, "point");
    auto start = part(point, "start");
    if (trend_.bucket == Bucket::raw || trend_.bucket == Bucket::hour)
      start.set("valueDateTime", start_text(sum, trend_.bucket, zone_));
    else
      start.set("valueDate", time::fhir_date(sum.start, zone_));
    if (trend_.bucket == Bucket::raw) {
      number(point, "value", sum.average);
    } else {
      number(point, "average", followup::rounded(sum.average, decimals + 1));
      number(point, "minimum", sum.minimum);
      number(point, "maximum", sum.maximum);
      count(point, "count", sum.count);
    }
    count(point, "bounds", sum.bounds);
    for (const Zone zone : {Zone::red, Zone::yellow, Zone::green, Zone::grey})
      count(point, followup::code(zone), sum.zones[static_cast<std::size_t>(zone)]);
  }

  fhir::Editor parameters_;
  const Trend& trend_;
  const time::Zone& zone_;
};

}  // namespace

std::string trend_json(const Trend& trend, const time::Zone& zone) {
  auto tree = fhir::Tree::of("Parameters");
  Parts parts(tree.edit(), trend, zone);
  for (const auto& curve : trend.curves) parts.add(curve);
  for (const auto& pause : trend.pauses) parts.add_pause(pause);
  return fhir::to_json(tree.root());
}

}  // namespace varde::operation
