#include <fmt/format.h>

#include <iterator>

#include "fhir-model/time/text.h"
#include "server/followup/measure.h"
#include "server/operation/codes.h"
#include "server/operation/csv.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

std::string trend_csv(const Trend& trend, const time::Zone& zone) {
  std::string out = "system,code,name,unit,start,average,minimum,maximum,count,bounds,red,yellow,green,grey\r\n";
  const bool by_day = trend.bucket != Bucket::raw && trend.bucket != Bucket::hour;
  for (const auto& curve : trend.curves) {
    const std::string of = fmt::format("{},{},{},{}", csv_field(system_of(curve.key)), csv_field(code_of(curve.key)),
                                       csv_field(curve.title()), csv_field(curve.unit));
    for (const auto& point : curve.points) {
      const auto [green, grey, yellow, red] = point.zones;
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{}\r\n", of,
                     by_day ? time::fhir_date(point.start, zone) : time::fhir_date_time(point.start, zone),
                     followup::number_text(followup::rounded(point.average, curve.decimals + 1)),
                     followup::number_text(point.minimum), followup::number_text(point.maximum), point.count,
                     point.bounds, red, yellow, green, grey);
    }
  }
  return out;
}

}  // namespace varde::operation
