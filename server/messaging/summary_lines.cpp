#include "server/messaging/summary_lines.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/messaging/story.h"
#include "server/storage/followup.h"

namespace varde::messaging {
namespace {

constexpr std::chrono::hours kWindow{24 * 30};

struct LevelRow {
  char zone;
  std::string_view level;
};
constexpr std::array kLevels{LevelRow{'r', "red"}, LevelRow{'y', "yellow"}, LevelRow{'g', "green"},
                             LevelRow{'-', "grey"}};

std::string_view level_of(char zone) {
  for (const auto& row : kLevels)
    if (row.zone == zone) return row.level;
  return "";
}

std::string upper_first(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

/// Norwegian decimal comma; the digits stay as they were written.
std::string shown_literal(std::string_view literal) {
  std::string text(literal);
  std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

std::string shown_unit(fhir::Element quantity) {
  const auto unit = followup::unit_of(quantity);
  return unit.empty() ? std::string(quantity["unit"].value()) : followup::shown_unit(unit);
}

mappings::MeasurementLine line_of(fhir::Element observation, std::string_view level) {
  mappings::MeasurementLine line;
  const auto effective = observation.choice("effective");
  line.when = effective["start"] ? effective["start"].value() : effective.value();
  line.what = upper_first(followup::measure_name(observation["code"]));
  line.level = level;
  if (const auto quantity = observation["valueQuantity"]) {
    line.value = shown_literal(quantity["value"].value());
    line.unit = shown_unit(quantity);
    return line;
  }
  for (const auto component : observation.each("component")) {
    const auto quantity = component["valueQuantity"];
    if (!quantity) continue;
    line.value += (line.value.empty() ? "" : "/") + shown_literal(quantity["value"].value());
    line.unit = shown_unit(quantity);
  }
  return line;
}

}  // namespace

std::string value_in_words(fhir::Element observation) {
  const auto line = line_of(observation, {});
  return fmt::format("{} {} {}", line.what, line.value, line.unit);
}

LastMeasurements last_measurements(const interaction::View& view, storage::PatientKey patient, storage::Instant now,
                                   std::size_t count) {
  struct Reading {
    storage::Instant time;
    storage::ResourceKey observation;
    char zone;
  };
  std::vector<Reading> readings;
  for (const auto& measure : view.measures(patient))
    for (const auto& each : view.measurements(patient, measure, now - kWindow, now + std::chrono::hours{24}, count))
      readings.push_back({each.time, each.observation, each.zone});
  // The parts of a panel share their Observation: the worst of them speaks for it.
  const auto severity = [](char zone) { return std::string_view("g-yr").find(zone); };
  std::sort(readings.begin(), readings.end(), [&](const Reading& a, const Reading& b) {
    if (a.time != b.time) return a.time > b.time;
    if (a.observation != b.observation) return a.observation > b.observation;
    return severity(a.zone) > severity(b.zone);
  });
  LastMeasurements last;
  std::set<storage::ResourceKey> seen;
  for (const auto& reading : readings) {
    if (last.lines.size() >= count) break;
    if (!seen.insert(reading.observation).second) continue;
    const auto observation = view.tree(reading.observation);
    if (!observation) continue;
    last.lines.push_back(line_of(observation->root(), level_of(reading.zone)));
    last.observations.push_back(reading.observation);
  }
  return last;
}

std::string limits_in_words(const interaction::View& view, storage::PatientKey patient) {
  std::string words;
  std::set<storage::ResourceKey> seen;
  for (const auto& row : storage::limits::all(view, patient)) {
    if (!seen.insert(row.resource).second) continue;
    const auto request = view.tree(row.resource);
    const auto limits = request ? followup::limits_of(request->root()) : Result<std::vector<followup::MeasureLimits>>{};
    if (!limits) continue;
    for (const auto& each : *limits) {
      const auto* measure = followup::find_measure(each.measure);
      words += (words.empty() ? "" : "\n") +
               upper_first(measure ? measure->name : followup::measure_name(request->root()["code"])) + ": ";
      for (std::size_t i = 0; i < each.limits.ranges.size(); ++i)
        words += fmt::format("{}{} {}", i == 0 ? "" : ", ", followup::norwegian(each.limits.ranges[i].zone),
                             followup::shown_range(each.limits, each.limits.ranges[i]));
    }
  }
  return words;
}

}  // namespace varde::messaging
