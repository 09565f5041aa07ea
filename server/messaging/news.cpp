#include "server/messaging/news.h"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "server/followup/alert.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/task.h"
#include "server/followup/window.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/followup.h"
#include "server/storage/observed.h"

namespace varde::messaging {
namespace {

using followup::Reading;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
constexpr std::size_t kLookBack = 20;  // readings without a standing value before the latest that has one

/// "SpO2 70 % (22.11. kl. 09.20)"
std::string said(const Reading& reading, const time::Zone& zone) {
  return fmt::format("{} ({})", value_in_words(reading.observation->root()),
                     followup::time_in_words(reading.observation->root(), zone));
}

std::optional<Reading> latest(const interaction::View& view, storage::PatientKey patient, const std::string& measure) {
  for (const auto& row : storage::observed::older(view, patient, measure, storage::observed::kNewest, kLookBack))
    if (auto reading = followup::read_reading(view, row.observation)) return reading;
  return std::nullopt;
}

/// The version that a letter of that moment told of.
std::optional<fhir::Tree> version_at(const interaction::View& view, std::string_view id, storage::Instant moment) {
  constexpr std::size_t kAll = 1000;
  for (const auto& version : view.history(kObservation, id, kAll, std::numeric_limits<std::int64_t>::max())) {
    if (version.updated > moment || version.bytes.empty()) continue;
    return view.tree(version);
  }
  return std::nullopt;
}

}  // namespace

std::string red_in_words(const interaction::View& view, storage::PatientKey patient,
                         const std::vector<Reading>& readings) {
  std::map<std::string, const Reading*> worst;  // by measure
  for (const auto& reading : readings) {
    auto& known = worst[followup::measure_key(reading.observation->root()["code"])];
    if (!known || followup::severity_of(known->judgement) < followup::severity_of(reading.judgement)) known = &reading;
  }
  std::string words;
  for (const auto& [measure, reading] : worst) {
    words +=
        (words.empty() ? "" : ". ") + fmt::format("{} ({})", followup::describe(reading->judgement),
                                                  followup::time_in_words(reading->observation->root(), view.zone()));
    const auto last = latest(view, patient, measure);
    if (last && last->version.key != reading->version.key && last->time >= reading->time)
      words += ", siste måling " + said(*last, view.zone());
  }
  return words;
}

bool is_followed_up(const interaction::View& view, storage::PatientKey patient, const std::vector<Reading>& readings) {
  return std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) {
    const auto row = storage::open_alert::get(view, patient, "Observation/" + reading.version.id);
    const auto task = row ? followup::read_task(view, row->task_id) : std::nullopt;
    return task && followup::is_taken(task->root());
  });
}

std::optional<std::string> correction_in_words(const interaction::View& view, std::string_view observation_id,
                                               storage::Instant told) {
  const auto before = version_at(view, observation_id, told);
  if (!before) return std::nullopt;
  const auto measured = followup::in_words(followup::measured_text(before->root()), view.zone());
  const auto was = value_in_words(before->root()) + (measured.empty() ? measured : " (" + measured + ")");
  const auto version = view.current(kObservation, observation_id);
  const auto now = version ? followup::read_reading(view, version->key) : std::nullopt;
  if (!now) return was + " er feilført: se bort fra den";
  const auto is = said(*now, view.zone());
  return is == was ? std::nullopt : std::optional(was + " er rettet til " + is);
}

}  // namespace varde::messaging
