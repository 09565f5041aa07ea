/// Observation/$stats: statistics of one patient's measurements, per code and period.
/// Source: https://hl7.org/fhir/R4/observation-operation-stats.html
/// Beyond the specification: several periods at once, and no statistic named means average, minimum, maximum and count.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "fhir-model/json/json.h"
#include "server/followup/codes.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/interaction/text.h"
#include "server/interaction/told_readings.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/operation/statistic.h"

namespace varde::operation {

namespace {

constexpr std::size_t kMostMeasurements = 200'000;  // of one measure in one period; beyond it the answer would be a lie

struct Question {
  std::vector<std::string> codes;
  std::vector<Span> periods;
  std::vector<const Statistic*> statistics;
  std::size_t sources = 0;  ///< how many source Observations to return
};

Result<std::vector<Span>> periods_of(const Input& input, storage::Instant now, const time::Zone& zone) {
  std::vector<Span> periods;
  for (const auto& text : input.all("period")) {
    auto period = parse_period(text, zone);
    FHIR_TRY(period);
    periods.push_back(*period);
  }
  if (const auto hours = input.one("duration")) {
    const auto number = followup::number_of(*hours);
    if (!periods.empty()) return fail(Fault::parameter_malformed, "give duration or period, not both", "duration");
    if (!number || *number <= 0 || *number > 1e6)
      return fail(Fault::parameter_malformed, "duration is a number of hours above 0", "duration");
    const auto length = std::chrono::microseconds(static_cast<std::int64_t>(*number * 3.6e9));
    periods.push_back({now - length, now + std::chrono::microseconds(1)});
  }
  if (periods.empty()) periods.push_back({*followup::parse_instant("1900"), now + std::chrono::microseconds(1)});
  return periods;
}

Result<Question> question_of(const Input& input, const interaction::View& view, const interaction::Limits& limits) {
  Question question;
  const auto system = input.one("system");
  for (const auto& value : input.all("code"))
    for (const auto& code : alternatives(value))
      question.codes.push_back(system ? fmt::format("{}|{}", *system, code) : code);
  for (auto& coding : input.all("coding")) question.codes.push_back(std::move(coding));

  auto periods = periods_of(input, view.now(), view.zone());
  FHIR_TRY(periods);
  question.periods = std::move(*periods);

  for (const auto& value : input.all("statistic"))
    for (const auto& code : alternatives(value)) {
      const auto statistic = find_statistic(code);
      FHIR_TRY(statistic);
      question.statistics.push_back(*statistic);
    }
  if (question.statistics.empty())
    for (const auto& statistic : statistics().first(4)) question.statistics.push_back(&statistic);

  if (input.one("include") == "true") {
    const auto limit = input.count("limit", limits.longest_page, limits.longest_page);
    FHIR_TRY(limit);
    question.sources = *limit;
  }
  return question;
}

using Series = std::vector<storage::Measurement>;

/// Values in one unit each; what cannot be converted into the newest's unit is a series of its own. A bound such as
/// ">33.3" is not a value that anything could be computed of.
std::map<std::string, std::vector<double>> by_unit(const Series& series, const followup::Measure* measure) {
  std::map<std::string, std::vector<double>> units;
  for (const auto& measurement : series) {
    if (measurement.comparator) continue;
    const auto in = [&](const std::string& unit) {
      return followup::in_unit(measurement.value, measurement.unit, unit, measure);
    };
    const auto fits =
        std::find_if(units.begin(), units.end(), [&](const auto& unit) { return in(unit.first).has_value(); });
    if (fits == units.end())
      units[measurement.unit] = {measurement.value};
    else
      fits->second.push_back(*in(fits->first));
  }
  for (auto& [unit, values] : units) std::sort(values.begin(), values.end());
  return units;
}

std::int64_t bounds_in(const Series& series) {
  return std::count_if(series.begin(), series.end(), [](const auto& row) { return row.comparator != 0; });
}

void add_component(fhir::Editor observation, const Statistic& statistic, const std::vector<double>& values,
                   const std::string& unit, int decimals) {
  auto component = observation.add("component");
  followup::add_coding(component.add("code"), followup::codes::kStatistic, statistic.code, statistic.display);
  if (values.empty() && statistic.scale != Scale::count) {
    followup::add_coding(component.add("dataAbsentReason"), "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                         "not-applicable", "Not Applicable");
    return;
  }
  auto quantity = component.add("valueQuantity");
  const double value = statistic.of(values);
  const bool has_unit = statistic.scale == Scale::measured || statistic.scale == Scale::squared;
  const int places = (has_unit ? decimals : 0) + statistic.extra_decimals;
  const bool computed = statistic.extra_decimals > 0;
  quantity.set("value", followup::number_text(computed ? std::stod(fmt::format("{:.{}f}", value, places)) : value));
  quantity.set("unit", has_unit ? followup::shown_unit(unit) : "1");
  const std::string_view code = has_unit ? std::string_view(unit) : "1";
  if (statistic.scale == Scale::squared || code.empty()) return;
  quantity.set("system", followup::codes::kUcum);
  quantity.set("code", code);
}

std::string statistics_json(const Question& question, const Subject& subject, const std::string& key,
                            const Span& period, const std::string& unit, const std::vector<double>& values,
                            std::int64_t bounds) {
  const auto* measure = followup::find_measure(key);
  auto tree = fhir::Tree::of("Observation");
  auto observation = tree.edit();
  observation.set("status", "final");
  auto code = observation.add("code");
  if (measure)
    followup::add_coding(code, measure->system, measure->code, measure->display);
  else {
    auto coding = code.add("coding");
    if (!system_of(key).empty()) coding.set("system", system_of(key));
    coding.set("code", code_of(key));
  }
  if (measure) code.set("text", measure->name);
  followup::add_reference(observation, "subject", "Patient/" + subject.id);
  auto effective = observation.add("effectivePeriod");
  effective.set("start", interaction::fhir_instant(period.from));
  effective.set("end", interaction::fhir_instant(period.to - std::chrono::microseconds(1)));
  if (bounds > 0)
    observation.add("note").set("text", fmt::format("I tillegg {} {} med < eller >, som ikke er regnet med.", bounds,
                                                    bounds == 1 ? "måling" : "målinger"));
  for (const auto* statistic : question.statistics)
    add_component(observation, *statistic, values, unit, measure ? measure->decimals : 3);
  return fhir::to_json(observation);
}

/// Leaves those that carry one of the codes that were asked for, where these are narrower than the measure.
void keep_asked(Series& series, const Question& question, const interaction::View& view, storage::PatientKey patient,
                const std::string& key) {
  const auto codes = narrower_codes(question.codes, key);
  if (codes.empty()) return;
  std::set<storage::ResourceKey> carriers;
  for (const auto& code : codes)
    for (const auto* parameter : {"code", "component-code"})
      for (const auto found : view.with_token(storage::parameter_key("Observation", parameter), code, patient))
        carriers.insert(found);
  std::erase_if(series, [&](const auto& row) { return carriers.count(row.observation) == 0; });
}

Result<interaction::Response> answer(const Question& question, const Subject& subject, const interaction::View& view) {
  std::string parameters;
  std::set<storage::ResourceKey> sources;
  const auto add = [&](std::string_view name, const std::string& resource) {
    parameters += fmt::format(R"({}{{"name":"{}","resource":)", parameters.empty() ? "" : ",", name);
    parameters.append(resource).append("}");
  };
  for (const auto& key : keys_meant(question.codes, view.measures(subject.key)))
    for (const auto& period : question.periods) {
      auto series = view.measurements(subject.key, key, period.from, period.to, kMostMeasurements + 1);
      if (series.size() > kMostMeasurements)
        return fail(Fault::too_large,
                    fmt::format("more than {} measurements; ask for a shorter period", kMostMeasurements), "period");
      keep_asked(series, question, view, subject.key, key);
      const auto* measure = followup::find_measure(key);
      const auto units = by_unit(series, measure);
      const auto bounds = bounds_in(series);
      if (units.empty())
        add("statistics", statistics_json(question, subject, key, period, measure ? measure->unit : "", {}, bounds));
      for (const auto& [unit, values] : units)
        add("statistics", statistics_json(question, subject, key, period, unit, values, bounds));
      for (const auto& measurement : series)
        if (sources.size() < question.sources) sources.insert(measurement.observation);
    }
  for (const auto key : sources)
    if (const auto version = view.current(key)) add("source", version->bytes);
  const auto list = parameters.empty() ? "" : fmt::format(R"(,"parameter":[{}])", parameters);
  interaction::Response response;
  response.body = fmt::format(R"({{"resourceType":"Parameters"{}}})", list);
  return response;
}

}  // namespace

Result<interaction::Response> stats(const interaction::Request& request, const interaction::View& view,
                                    const interaction::Context& context) {
  const auto input = Input::read(request, {"subject", "patient", "subject.identifier", "patient.identifier", "code",
                                           "system", "coding", "duration", "period", "statistic", "include", "limit"});
  FHIR_TRY(input);
  const auto question = question_of(*input, view, context.limits);
  FHIR_TRY(question);
  const auto subject = subject_of(*input, view);
  FHIR_TRY(subject);
  if (subject->key == storage::PatientKey::none) return fail(Fault::not_found, "there is no such patient", "subject");
  FHIR_TRY(interaction::may_tell_of_readings(view, subject->key));
  return answer(*question, *subject, view);
}

}  // namespace varde::operation
