#include "server/followup/window.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <new>
#include <tuple>

#include "fhir-model/element/reference.h"
#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/limits.h"
#include "server/followup/parts.h"
#include "server/storage/measured.h"

namespace varde::followup {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
constexpr std::size_t kMostPoints = 500;  ///< of a window: the newest

seconds lookback_of(const Asked& asked) {
  return asked.rule->lookback ? asked.rule->lookback(asked.settings) : seconds{0};
}

/// "<70" lies below 70, as when it was judged.
double as_judged(double number, char comparator) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return comparator == '<'   ? std::nextafter(number, -kInfinity)
         : comparator == '>' ? std::nextafter(number, kInfinity)
                             : number;
}

/// The numbers of the window, newest first; `is_newest`: see Answer. Most readings come in order, and one statement
/// tells both.
storage::measured::Numbers numbers_of(const interaction::View& view, const Question& question, seconds lookback,
                                      bool& is_newest) {
  const auto time = question.time;
  const auto until = [&](Instant end) {
    return storage::measured::within(view, question.patient, question.value.measure, time - lookback, end, kMostPoints);
  };
  auto found = until(time + lookback + microseconds{1});
  const auto is_other = [&](const auto& row) { return row.time >= time && row.observation != question.own; };
  is_newest = std::ranges::none_of(found.rows, is_other);
  if (std::ranges::any_of(found.rows, [&](const auto& row) { return row.time > time; }))
    found = until(time + microseconds{1});
  return found;
}

/// By time, the judged reading last. What says the same at the same time is a reading that was sent again.
std::vector<rule::Point> points_of(const interaction::View& view, const Question& question, seconds lookback,
                                   double judged, bool& is_newest) {
  std::vector<rule::Point> points;
  const auto& [patient, own, time, value, limits, observation] = question;
  const bool says_clock = !observation || !is_without_clock(observation);
  const auto measured = numbers_of(view, question, lookback, is_newest);
  points.reserve(measured.rows.size() + 1);
  for (std::size_t i = measured.rows.size(); i-- > 0;) {
    const auto& row = measured.rows[i];  // which come newest first
    if (row.observation == own) continue;
    if (says_clock && row.time == time && row.value == value.number) continue;
    const auto number = in_unit(row.value, measured.units[row.unit], limits.unit, value.known);
    if (number) points.push_back({row.time, as_judged(*number, row.comparator), row.observation, row.comparator});
  }
  const auto place = [](const rule::Point& point) { return std::tuple(point.time, point.value); };
  if (!std::ranges::is_sorted(points, {}, place)) std::ranges::sort(points, {}, place);
  points.push_back({time, judged, {}, value.comparator});
  return points;
}

/// Rules see the same readings: each is looked up once.
class Seen {
 public:
  explicit Seen(const interaction::View& view) : view_(view) {}
  std::vector<std::string> versions_of(std::span<const storage::ResourceKey> readings) {
    std::vector<std::string> versions;
    for (const auto key : readings)
      if (const auto& version = version_of(key); !version.empty()) versions.push_back(version);
    return versions;
  }

 private:
  const std::string& version_of(storage::ResourceKey key) {
    const auto [found, is_new] = known_.try_emplace(key);
    if (is_new && key != storage::ResourceKey{})
      if (const auto version = view_.current(key))
        found->second = versioned("Observation", version->id, version->version);
    return found->second;
  }

  const interaction::View& view_;
  std::map<storage::ResourceKey, std::string> known_;
};

std::string name_of(const MeasuredValue& value) {
  return value.known ? value.known->name : measure_name(value.place["code"]);
}

}  // namespace

Instant time_of(fhir::Element observation, const time::Zone& zone) {
  const auto received = received_at(observation);
  const auto measured = measured_at(observation, zone).value_or(received);
  return measured > received + kClocksDiffer ? received : measured;
}

std::string time_in_words(fhir::Element observation, const time::Zone& zone) {
  const auto time = time_of(observation, zone);
  const bool as_said =
      is_without_clock(observation) ? !is_ahead_of_time(observation, zone) : measured_at(observation, zone) == time;
  return as_said ? in_words(measured_text(observation), zone) : time::norwegian_text(time, zone);
}

rule::Told told_of(const interaction::View& view, const rule::Point& point, fhir::Element judged) {
  constexpr std::size_t kDay = 10;  // "2026-11-24"
  const auto told = [&](fhir::Element observation) -> rule::Told {
    return {time_in_words(observation, view.zone()),
            !is_without_clock(observation) || measured_text(observation).size() == kDay};
  };
  if (point.observation == storage::ResourceKey{} && judged) return told(judged);
  const auto stored = view.tree(point.observation);
  return stored ? told(stored->root()) : rule::Told{time::norwegian_text(point.time, view.zone())};
}

seconds reach_of(std::span<const Asked> rules) {
  seconds reach{0};
  for (const auto& asked : rules) reach = std::max(reach, lookback_of(asked));
  return reach;
}

Answer ask(const interaction::View& view, const Question& question, std::span<const Asked> rules) {
  Answer answer;
  const auto& [patient, own, time, value, limits, observation] = question;
  if (rules.empty() || patient == storage::PatientKey::none) return answer;
  const auto judged = value.judged_in(limits.unit);
  if (!judged) return answer;
  const auto points = points_of(view, question, reach_of(rules), *judged, answer.is_newest);
  const auto name = name_of(value);
  Seen seen(view);
  const rule::Moment moment{view.now(), view.zone(),
                            [&](const rule::Point& point) { return told_of(view, point, question.observation); }};
  for (const auto& asked : rules) try {
      if (asked.rule->when != rule::When::planned) continue;
      const auto from = time - lookback_of(asked);
      const auto first = std::ranges::lower_bound(points, from, {}, &rule::Point::time);
      for (auto& found : asked.rule->evaluate({value.known, name, limits, asked.settings},
                                              {from, time, std::span(first, points.end())}, moment))
        if (found.zone >= Zone::yellow)
          answer.findings.push_back({std::string(asked.rule->version),
                                     found.zone,
                                     std::move(found.text),
                                     seen.versions_of(found.seen),
                                     {},
                                     false});
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const storage::EngineError&) {
      throw;
    } catch (const std::exception&) {
      answer.failed = true;  // told of by a Task: the reading must come in
    }
  return answer;
}

std::vector<Asked> rules_of_version(const interaction::View& view, std::string_view source, std::string_view measure) {
  const auto reference = fhir::parse_reference(source);
  std::int64_t number = 0;
  std::from_chars(reference.version.data(), reference.version.data() + reference.version.size(), number);
  if (reference.type != kServiceRequest || number == 0) return {};
  const auto version = view.version(kServiceRequest, reference.id, number);
  if (!version || version->bytes.find(codes::kRule) == std::string::npos) return {};
  const auto tree = interaction::View::tree(*version);
  auto limits = limits_of(tree.root());
  if (!limits) return {};
  for (auto& each : *limits)
    if (each.measure == measure) return std::move(each.rules);
  return {};
}

}  // namespace varde::followup
