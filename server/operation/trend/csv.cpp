#include <fmt/format.h>

#include <iterator>

#include "fhir-model/time/text.h"
#include "server/followup/measure.h"
#include "server/operation/codes.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

namespace {

/// A field of text. One that a spreadsheet would take for a formula gets an apostrophe before it: codes and units may
/// be anybody's words. https://owasp.org/www-community/attacks/CSV_Injection
std::string field(std::string_view text) {
  std::string out;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out.find_first_of(",\"\r\n") == std::string::npos ? out : '"' + out + '"';
}

}  // namespace

std::string trend_csv(const Trend& trend, const time::Zone& zone) {
  std::string out = "system,code,name,unit,start,average,minimum,maximum,count,bounds,red,yellow,green,grey\r\n";
  const bool by_day = trend.bucket != Bucket::raw && trend.bucket != Bucket::hour;
  for (const auto& curve : trend.curves) {
    const std::string of = fmt::format("{},{},{},{}", field(system_of(curve.key)), field(code_of(curve.key)),
                                       field(curve.title()), field(curve.unit));
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
