/// Patient/[id]/$trend: each measure as a curve, with the limits that were in force, rests and gaps. A year is one
/// short range read per measure.
///   code     which measures (any coding that means them; a panel means its parts); all when left out
///   from, to dates; the last year when left out
///   bucket   raw, hour, day, week (from Monday) or month; day when left out
/// Comes as Parameters, or as what Accept names: SVG, PNG, PDF, CSV.
#include "server/operation/trend/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/interaction/told_readings.h"
#include "server/operation/codes.h"
#include "server/operation/operations.h"
#include "server/operation/trend/axis.h"
#include "server/operation/trend/chart.h"
#include "server/operation/whose.h"

namespace varde::operation {

namespace {

using namespace std::chrono;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

struct BucketRow {
  std::string_view code;
  Bucket bucket;
};
constexpr std::array kBuckets{BucketRow{"raw", Bucket::raw}, BucketRow{"hour", Bucket::hour},
                              BucketRow{"day", Bucket::day}, BucketRow{"week", Bucket::week},
                              BucketRow{"month", Bucket::month}};

Result<TrendQuestion> question_of(const Input& input, storage::Instant now, const time::Zone& zone) {
  TrendQuestion question;
  for (const auto& value : input.all("code"))
    for (auto& code : alternatives(value)) question.codes.push_back(std::move(code));
  const auto from = input.one("from"), to = input.one("to");
  const auto begin = from ? followup::parse_instant(*from, zone) : Result<storage::Instant>(now - days{365});
  const auto end = to ? end_of(*to, zone) : Result<storage::Instant>(now + microseconds{1});
  if (!begin || !end || *begin >= *end)
    return fail(Fault::parameter_malformed,
                "from og to er datoer, den første før den andre (from and to are dates, the first before the second)",
                "from");
  if (*end - *begin > days{366 * 20})
    return fail(Fault::parameter_malformed, "En kurve spenner høyst tjue år (a trend spans at most twenty years)",
                "from");
  question.span = {*begin, *end};
  question.from_first = !from;
  const auto bucket = std::ranges::find(kBuckets, input.one("bucket").value_or("day"), &BucketRow::code);
  if (bucket == kBuckets.end())
    return fail(Fault::parameter_malformed,
                "bucket er raw, hour, day, week eller month (bucket is raw, hour, day, week or month)", "bucket");
  question.bucket = bucket->bucket;
  return question;
}

struct Asked {
  const interaction::View& view;
  const std::string& patient_id;
  const Trend& trend;
};

struct FormatRow {
  std::string_view media;
  std::string (*write)(const Asked&);
};
constexpr double kPixelsPerPoint = 2;  // sharp on a screen of today and on paper

constexpr std::array kFormats{
    FormatRow{"", [](const Asked& asked) { return trend_json(asked.trend, asked.view.zone()); }},
    FormatRow{"text/csv", [](const Asked& asked) { return trend_csv(asked.trend, asked.view.zone()); }},
    FormatRow{"image/svg+xml",
              [](const Asked& asked) {
                return drawing::to_svg(trend_screen(asked.trend, asked.view.zone()),
                                       trend_about(asked.trend, asked.view.zone()));
              }},
    FormatRow{"image/png",
              [](const Asked& asked) {
                return drawing::to_png(trend_screen(asked.trend, asked.view.zone()), kPixelsPerPoint);
              }},
    FormatRow{"application/pdf",
              [](const Asked& asked) {
                const auto pages =
                    trend_paper(asked.trend, asked.view.zone(), whose(asked.view, asked.patient_id), asked.view.now());
                return drawing::to_pdf(pages, trend_about(asked.trend, asked.view.zone()));
              }},
};

}  // namespace

Result<interaction::Response> trend(const interaction::Request& request, const interaction::View& view,
                                    const interaction::Context&) {
  const auto input = Input::read(request, {"code", "from", "to", "bucket"});
  FHIR_TRY(input);
  auto question = question_of(*input, view.now(), view.zone());
  FHIR_TRY(question);
  question->with_limits = request.media != "text/csv";
  FHIR_TRY(interaction::may_tell_of_readings(view, view.patient_key(request.id)));
  const auto found = read_trend(view, request.id, *question);
  FHIR_TRY(found);
  const auto format = std::ranges::find(kFormats, request.media, &FormatRow::media);
  interaction::Response response;
  response.body = format->write({view, request.id, *found});
  if (!request.media.empty()) response.content_type = request.media;
  return response;
}

}  // namespace varde::operation
