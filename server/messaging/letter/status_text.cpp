#include "server/messaging/letter/status_text.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "norway/moment.h"
#include "server/followup/course/stage.h"
#include "server/followup/ebp/state.h"
#include "server/followup/ebp/text.h"
#include "server/followup/measure.h"
#include "server/followup/task.h"
#include "server/storage/followup.h"
#include "server/storage/worklist.h"

namespace varde::messaging::letter {
namespace {

using followup::Stage;

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
constexpr std::size_t kMostReadings = 5000;  ///< of one measure
constexpr std::size_t kMostAlerts = 10;

struct Counted {
  char zone;
  std::string_view one, several;
};
// clang-format off
constexpr std::array kCounted{
    Counted{'r', "rød",   "røde"},
    Counted{'y', "gul",   "gule"},
    Counted{'g', "grønn", "grønne"},
    Counted{'-', "uten grenser", "uten grenser"},
};
// clang-format on

std::string name_of(const std::string& measure) {
  const auto* known = followup::find_measure(measure);
  std::string name = known ? known->name : measure.substr(measure.find('|') + 1);
  if (!name.empty() && name.front() >= 'a' && name.front() <= 'z')
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
  return name;
}

std::string colours_of(const std::vector<storage::Measurement>& readings) {
  std::vector<std::string> parts;
  for (const auto& row : kCounted) {
    const auto count =
        std::count_if(readings.begin(), readings.end(), [&](const auto& each) { return each.zone == row.zone; });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? row.one : row.several));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Of what is only a bound, or in another unit than the rest, nothing is reckoned.
std::string average_of(const std::string& measure, std::vector<storage::Measurement> readings) {
  const auto unit = readings.front().unit;
  const auto all = readings.size();
  const auto colours = colours_of(readings);
  std::erase_if(readings, [&](const auto& each) { return each.comparator != 0 || each.unit != unit; });
  auto line = fmt::format("{}: {} {}", name_of(measure), all, all == 1 ? "måling" : "målinger");
  if (readings.size() > 1) {
    double sum = 0, lowest = readings.front().value, highest = lowest;
    for (const auto& each : readings)
      sum += each.value, lowest = std::min(lowest, each.value), highest = std::max(highest, each.value);
    const auto* known = followup::find_measure(measure);
    const auto shown = followup::shown_unit(unit);
    const auto average = followup::rounded(sum / static_cast<double>(readings.size()), known ? known->decimals + 1 : 1);
    line += fmt::format(", gjennomsnitt {0} {3}, lavest {1} {3}, høyest {2} {3}", followup::shown_number(average),
                        followup::shown_number(lowest), followup::shown_number(highest), shown);
  }
  return line + (colours.empty() ? "" : " (" + colours + ")");
}

bool is_plan_in_force(fhir::Element care_plan) {
  return followup::ebp::is_plan(care_plan) && care_plan["status"].value() == "active";
}

}  // namespace

Standing standing_of(fhir::Element episode) {
  const auto stage = episode ? followup::stage_of(episode) : std::nullopt;
  if (!stage || *stage < Stage::trial) return Standing::none;
  if (*stage == Stage::paused) return Standing::paused;
  return *stage == Stage::ended ? Standing::ended : Standing::active;
}

std::string_view code_of(Standing standing) {
  constexpr std::array<std::string_view, 4> kCodes{"none", "active", "paused", "ended"};
  return kCodes.at(static_cast<std::size_t>(standing));
}

std::optional<fhir::Tree> open_episode(const interaction::View& view, storage::PatientKey patient) {
  const auto course = followup::open_course(view, patient);
  auto tree = course ? view.tree(kEpisodeOfCare, course->episode_id) : std::nullopt;
  if (!tree || standing_of(tree->root()) == Standing::none) return std::nullopt;
  return tree;
}

std::string measures_in_words(const interaction::View& view, storage::PatientKey patient) {
  std::vector<std::string> names;
  std::set<storage::ResourceKey> seen;
  for (const auto& row : storage::limits::all(view, patient)) {
    if (!seen.insert(row.resource).second) continue;
    const auto request = view.tree(row.resource);
    if (!request) continue;
    auto name = followup::measure_name(request->root()["code"]);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string averages_in_words(const interaction::View& view, storage::PatientKey patient, storage::Instant from) {
  std::string words;
  for (const auto& measure : view.measures(patient)) {
    auto readings = view.measurements(patient, measure, from, view.now() + std::chrono::hours{24}, kMostReadings);
    if (readings.empty()) continue;
    words += (words.empty() ? "" : "\n") + average_of(measure, std::move(readings));
  }
  return words;
}

std::string plan_in_words(const interaction::View& view, storage::PatientKey patient) {
  std::string words;
  for (const auto key : view.with_token(storage::parameter_key("CarePlan", "status"), "active", patient)) {
    const auto plan = view.tree(key);
    if (!plan || !is_plan_in_force(plan->root())) continue;
    words += (words.empty() ? "" : "\n\n") + followup::ebp::letter_text(view, plan->root());
  }
  return words;
}

std::string alerts_in_words(const interaction::View& view, storage::PatientKey patient) {
  std::string words;
  std::size_t count = 0;
  for (const auto& row : storage::open_alert::beginning(view, patient, "Observation/")) {
    const auto task = followup::read_task(view, row.task_id);
    if (!task || !followup::is_open(task->root()) || ++count > kMostAlerts) continue;
    words += (words.empty() ? "" : "\n") + std::string(task->root()["description"].value());
  }
  if (count > kMostAlerts) words += fmt::format("\nog {} til", count - kMostAlerts);
  return words;
}

std::string day_in_words(std::string_view date) {
  const auto moment = norway::parse_moment(date);
  return moment ? norway::oslo_words(*moment).substr(0, 10) : std::string(date);
}

}  // namespace varde::messaging::letter
