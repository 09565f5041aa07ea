/// Patient/[id]/$trend: each measure as a curve: average, minimum, maximum and count per day, week or month of
/// Norwegian time, with the limits in force. A year is one short range read per measure.
///   code    which measures (any coding that means them; a panel means its parts); all when left out
///   from,to dates; the last year when left out
///   bucket  day, week (from Monday) or month; day when left out
#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/in_force.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/interaction/reading.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using namespace std::chrono;
using storage::Instant;

enum class Bucket : std::uint8_t { day, week, month };

struct Question {
  std::vector<std::string> codes;
  Span span;
  Bucket bucket = Bucket::day;
  Instant now;
};

Result<Question> question_of(const Input& input, Instant now, const time::Zone& zone) {
  Question question;
  question.now = now;
  for (const auto& value : input.all("code"))
    for (auto& code : alternatives(value)) question.codes.push_back(std::move(code));
  const auto from = input.one("from"), to = input.one("to");
  const auto begin = from ? followup::parse_instant(*from, zone) : Result<Instant>(now - days{365});
  const auto end = to ? end_of(*to, zone) : Result<Instant>(now + microseconds{1});
  if (!begin || !end || *begin >= *end)
    return fail(Fault::parameter_malformed, "from and to are dates, the first before the second", "from");
  if (*end - *begin > days{366 * 20})
    return fail(Fault::parameter_malformed, "a trend spans at most twenty years", "from");
  question.span = {*begin, *end};
  const auto bucket = input.one("bucket").value_or("day");
  if (bucket != "day" && bucket != "week" && bucket != "month")
    return fail(Fault::parameter_malformed, "bucket is day, week or month", "bucket");
  question.bucket = bucket == "week" ? Bucket::week : bucket == "month" ? Bucket::month : Bucket::day;
  return question;
}

/// First day of the bucket that a moment falls in, by the zone's clocks.
local_days bucket_of(Instant time, Bucket bucket, const time::Zone& zone) {
  const local_days day = floor<days>(zone.wall(time));
  if (bucket == Bucket::week) return day - (weekday{day} - Monday);
  if (bucket == Bucket::day) return day;
  const year_month_day date{day};
  return local_days{date.year() / date.month() / 1};
}

fhir::Editor add_part(fhir::Editor parameter, std::string_view name) {
  auto added = parameter.add("part");
  added.set("name", name);
  return added;
}

struct Sum {
  std::int64_t count = 0;
  std::int64_t bounds = 0;  ///< of them, those sent as "<70" or ">33.3": drawn at the bound
  double total = 0, minimum = 0, maximum = 0;
  void add(double value, bool is_bound) {
    bounds += is_bound;
    minimum = count == 0 ? value : std::min(minimum, value);
    maximum = count == 0 ? value : std::max(maximum, value);
    total += value, ++count;
  }
};

void add_bucket(fhir::Editor trend, local_days day, const Sum& sum, int decimals) {
  auto point = add_part(trend, "point");
  add_part(point, "start").set("valueDate", time::fhir_date(day));
  const auto average = std::stod(fmt::format("{:.{}f}", sum.total / static_cast<double>(sum.count), decimals + 1));
  add_part(point, "average").set("valueDecimal", followup::number_text(average));
  add_part(point, "minimum").set("valueDecimal", followup::number_text(sum.minimum));
  add_part(point, "maximum").set("valueDecimal", followup::number_text(sum.maximum));
  add_part(point, "count").set("valueInteger", std::to_string(sum.count));
  if (sum.bounds > 0) add_part(point, "bounds").set("valueInteger", std::to_string(sum.bounds));
}

/// Those in force now. Limits that cannot be read are a failure: a curve without them would look like one that has
/// none.
Result<void> add_limits(fhir::Editor trend, const storage::Snapshot& snapshot, storage::PatientKey patient,
                        const std::string& key, const std::string& unit, Instant now) {
  const auto in_force = followup::limits_in_force(snapshot, patient, key, now);
  const auto& limits = in_force.limits;
  if (in_force.unreadable && limits.ranges.empty())
    return fail(Fault::internal, "the limits that are stored for this measure cannot be read: save them again", key);
  const auto* measure = followup::find_measure(key);
  for (const auto& range : limits.ranges) {
    auto limit = add_part(trend, "limit");
    add_part(limit, "zone").set("valueCode", followup::code(range.zone));
    const auto bound = [&](std::string_view name, const std::optional<followup::Bound>& written) {
      if (!written) return;
      const auto value = followup::in_unit(written->value, limits.unit, unit, measure);  // in the curve's own unit
      if (value) add_part(limit, name).set("valueDecimal", followup::number_text(*value));
    };
    bound("low", range.low);
    bound("high", range.high);
  }
  return {};
}

Result<void> add_trend(fhir::Editor parameters, const storage::Snapshot& snapshot, storage::PatientKey patient,
                       const std::string& key, const Question& question) {
  constexpr std::size_t kMost = 1'000'000;
  const auto series = snapshot.measurements(patient, key, question.span.from, question.span.to, kMost);
  if (series.empty()) return {};
  const auto* measure = followup::find_measure(key);
  const std::string unit = measure ? measure->unit : series.front().unit;
  auto trend = parameters.add("parameter");
  trend.set("name", "trend");
  auto code = add_part(trend, "code").add("valueCoding");
  code.set("system", system_of(key));
  code.set("code", code_of(key));
  if (measure) code.set("display", measure->display);
  if (measure) add_part(trend, "name").set("valueString", measure->name);
  add_part(trend, "unit").set("valueCode", unit);
  if (auto drawn = add_limits(trend, snapshot, patient, key, unit, question.now); !drawn) return drawn;

  // Oldest first, as a curve is drawn.
  Sum sum;
  local_days day{};
  for (auto row = series.rbegin(); row != series.rend(); ++row) {
    const auto value = followup::in_unit(row->value, row->unit, unit, measure);
    if (!value) continue;
    const auto bucket = bucket_of(row->time, question.bucket, snapshot.zone());
    if (sum.count > 0 && bucket != day) {
      add_bucket(trend, day, sum, measure ? measure->decimals : 3);
      sum = {};
    }
    day = bucket;
    sum.add(*value, row->comparator != 0);
  }
  if (sum.count > 0) add_bucket(trend, day, sum, measure ? measure->decimals : 3);
  return {};
}

}  // namespace

Result<interaction::Response> trend(const interaction::Request& request, interaction::Context& context) {
  const auto input = Input::read(request, {"code", "from", "to", "bucket"});
  FHIR_TRY(input);
  const auto question = question_of(*input, context.database.now(), context.database.zone());
  FHIR_TRY(question);
  return interaction::read_within(request, context,
                                  [&](const storage::Snapshot& snapshot) -> Result<interaction::Response> {
                                    const auto patient = snapshot.patient_key(request.id);
                                    if (patient == storage::PatientKey::none)
                                      return fail(Fault::not_found, "there is no such Patient");
                                    auto tree = fhir::Tree::of("Parameters");
                                    for (const auto& key : keys_meant(question->codes, snapshot.measures(patient)))
                                      FHIR_TRY(add_trend(tree.edit(), snapshot, patient, key, *question));
                                    interaction::Response response;
                                    response.body = fhir::to_json(tree.root());
                                    return response;
                                  });
}

}  // namespace varde::operation
