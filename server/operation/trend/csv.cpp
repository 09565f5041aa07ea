#include <fmt/format.h>

#include <iterator>

#include "fhir-model/time/text.h"
#include "server/followup/measure.h"
#include "server/operation/codes.h"
#include "server/operation/csv.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

std::string start_text(const TrendPoint& point, Bucket bucket, const time::Zone& zone) {
  const bool by_day = bucket != Bucket::raw && bucket != Bucket::hour;
  // What was dated by a day, a month or a year stands at the last moment of it (followup/instant.h).
  const auto after = point.start + std::chrono::microseconds{1};
  const bool says_no_clock = bucket == Bucket::raw && followup::day_of(after, zone) == after;
  return by_day || says_no_clock ? time::fhir_date(point.start, zone) : time::fhir_date_time(point.start, zone);
}

std::string trend_csv(const Trend& trend, const time::Zone& zone) {
  std::string out = "system,code,name,unit,start,average,minimum,maximum,count,bounds,red,yellow,green,grey\r\n";
  for (const auto& curve : trend.curves) {
    const std::string of = fmt::format("{},{},{},{}", csv_field(system_of(curve.key)), csv_field(code_of(curve.key)),
                                       csv_field(curve.title()), csv_field(curve.unit));
    for (const auto& point : curve.points) {
      const auto [green, grey, yellow, red] = point.zones;
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{}\r\n", of,
                     start_text(point, trend.bucket, zone),
                     followup::number_text(followup::rounded(point.average, curve.decimals + 1)),
                     followup::number_text(point.minimum), followup::number_text(point.maximum), point.count,
                     point.bounds, red, yellow, green, grey);
    }
  }
  return out;
}

}  // namespace varde::operation
