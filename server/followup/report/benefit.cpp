#include "server/followup/report/benefit.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/rule/zone.h"
#include "server/followup/work/agreement.h"
#include "server/interaction/told_readings.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::chrono::days kZeroPoint{30};
constexpr std::size_t kMostReadings = 100'000;  ///< of one measure in one period
constexpr std::array<std::string_view, 4> kAdmitted{"IMP", "ACUTE", "NONAC", "SS"};
constexpr std::array<std::string_view, 3> kNotReal{"planned", "cancelled", "entered-in-error"};

template <class Values>
bool is_of(const Values& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// --- when ------------------------------------------------------------------------------------------------------------

/// So many months later by the calendar; the last day of a shorter month.
Instant months_later(Instant at, int months, const time::Zone& zone) {
  const auto wall = zone.wall(at);
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  auto date = std::chrono::year_month_day(day) + std::chrono::months(months);
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return zone.instant(time::Wall(std::chrono::local_days(date)) + (wall - day));
}

/// Days of the calendar, begun ones too: summer time makes none shorter, and the moment that ends a Period none longer.
std::int64_t days_between(Instant from, Instant to, const time::Zone& zone) {
  return to <= from
             ? 0
             : std::chrono::ceil<std::chrono::days>(zone.wall(to) - zone.wall(from) - std::chrono::seconds(1)).count();
}

// --- stays and visits ------------------------------------------------------------------------------------------------

std::int64_t minutes_of(fhir::Element encounter, const Bounds& when) {
  const auto length = encounter["length"];
  if (const auto number = number_of(length["value"].value())) {
    const auto unit = length["code"].value();
    const double factor = unit == "h" ? 60 : unit == "s" ? 1.0 / 60 : unit == "d" ? 1440 : 1;
    return std::llround(*number * factor);
  }
  if (when.from == Instant::min() || when.to == Instant::max()) return 0;
  return std::chrono::floor<std::chrono::minutes>(when.to - when.from).count();
}

void count_encounter(fhir::Element encounter, const Bounds& period, const interaction::View& view,
                     BenefitNumbers& numbers) {
  if (is_of(kNotReal, encounter["status"].value())) return;
  const auto when = bounds_of(fhir::view::Period::of(encounter["period"]), view.zone());
  const auto kind = encounter["class"]["code"].value();
  if (when.from == Instant::min()) return;
  if (kind == "HH" && period.holds(when.from)) {
    const auto visits = number_of(encounter.extension(codes::kVisits)["valuePositiveInt"].value());
    numbers.home_visits += visits ? std::llround(*visits) : 1;
    numbers.home_minutes += minutes_of(encounter, when);
  }
  if (!is_of(kAdmitted, kind)) return;
  if (period.holds(when.from)) ++numbers.admissions;
  numbers.admission_days +=
      days_between(std::max(when.from, period.from), std::min({when.to, period.to, view.now()}), view.zone());
}

// --- readings and work -----------------------------------------------------------------------------------------------

ReadingCounts count_readings(const interaction::View& view, storage::PatientKey patient, const Bounds& period) {
  ReadingCounts counts;
  for (const auto& measure : view.measures(patient))
    for (const auto& row : view.measurements(patient, measure, period.from, period.to, kMostReadings)) {
      const auto zone = zone_of(row.zone).value_or(Zone::grey);
      ++counts.readings;
      if (zone == Zone::green) ++counts.green;
      if (zone == Zone::yellow) ++counts.yellow;
      if (zone == Zone::red) ++counts.red;
    }
  return counts;
}

void count_task(fhir::Element task, const Bounds& period, const time::Zone& zone, BenefitNumbers& numbers,
                std::vector<std::int64_t>& minutes) {
  const auto code = coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code();
  const auto opened = parse_instant(task["authoredOn"].value(), zone);
  if (!opened || !period.holds(*opened)) return;
  if (code == "missing-measurement") ++numbers.not_measured;
  if (code != "alert" || task["status"].value() != "completed") return;
  const auto closed = parse_instant(task["lastModified"].value(), zone);
  if (!closed || *closed < *opened) return;
  ++numbers.alerts_closed;
  minutes.push_back(std::chrono::floor<std::chrono::minutes>(*closed - *opened).count());
}

std::vector<fhir::Tree> about(const interaction::View& view, std::string_view type, std::string_view parameter,
                              const std::string& patient_id) {
  std::vector<fhir::Tree> all;
  for (const auto key : view.referring(storage::parameter_key(type, parameter), kPatient, patient_id))
    if (auto tree = view.tree(key)) all.push_back(std::move(*tree));
  return all;
}

// --- what the patient says -------------------------------------------------------------------------------------------

struct Answered {
  Instant at;
  BenefitAnswers answers;
};
std::vector<Answered> answers_of(const interaction::View& view, const std::string& patient_id) {
  std::vector<Answered> all;
  for (const auto& response : about(view, "QuestionnaireResponse", "subject", patient_id)) {
    const auto at = parse_instant(response.root()["authored"].value(), view.zone());
    if (at && is_benefit_form(response.root())) all.push_back({*at, answers_in(response.root())});
  }
  std::sort(all.begin(), all.end(), [](const Answered& a, const Answered& b) { return a.at < b.at; });
  return all;
}

/// The last answers of the period. What is said in the first month is the zero point, unless that was asked for before.
BenefitAnswers answers_at(const std::vector<Answered>& all, const Bounds& period, Instant start) {
  const bool is_before = period.to <= start;
  const auto zero = start + kZeroPoint;
  BenefitAnswers last;
  for (const auto& one : all) {
    const bool is_zero_point = one.at < zero;
    if (is_before ? is_zero_point && (one.at < start || last == BenefitAnswers{})
                  : !is_zero_point && period.holds(one.at))
      last = one.answers;
  }
  return last;
}

struct Course {
  std::optional<Instant> start;
  std::string stage, district;
};

Course course_of(const interaction::View& view, storage::PatientKey patient) {
  Course course;
  for (const auto& row : storage::enrolment::all(view, patient)) {
    const auto tree = view.tree(row.resource);
    const auto stage = tree ? stage_of(tree->root()) : std::nullopt;
    if (!stage) continue;
    course.stage = code_of(*stage);
    if (auto district = party_key(tree->root()["managingOrganization"]); !district.empty())
      course.district = std::move(district);
    const auto text = tree->root()["period"]["start"].value();
    const auto begun = parse_instant(text, view.zone());
    if (!text.empty() && begun && (!course.start || *begun < *course.start)) course.start = *begun;
  }
  return course;
}

}  // namespace

std::optional<Benefit> benefit_of(const interaction::View& view, storage::PatientKey patient) {
  const auto course = course_of(view, patient);
  if (!course.start || *course.start > view.now()) return std::nullopt;
  Benefit benefit{
      view.patient_id(patient), course.district, time::fhir_date(*course.start, view.zone()), course.stage, {}};
  const auto encounters = about(view, "Encounter", "subject", benefit.patient_id);
  const auto tasks = about(view, "Task", "patient", benefit.patient_id);
  const auto answers = answers_of(view, benefit.patient_id);
  const bool may_be_told = interaction::tells_of_readings(view, patient);
  for (std::size_t i = 0; i < kBenefitPeriods.size(); ++i) {
    const auto& row = kBenefitPeriods.at(i);
    const Bounds period{months_later(*course.start, row.from_month, view.zone()),
                        months_later(*course.start, row.to_month, view.zone())};
    auto& numbers = benefit.periods.at(i);
    numbers.days = days_between(period.from, std::min(period.to, view.now()), view.zone());
    for (const auto& encounter : encounters) count_encounter(encounter.root(), period, view, numbers);
    if (may_be_told) numbers.read = count_readings(view, patient, period);
    numbers.answers = answers_at(answers, period, *course.start);
    std::vector<std::int64_t> minutes;
    for (const auto& task : tasks) count_task(task.root(), period, view.zone(), numbers, minutes);
    if (minutes.empty()) continue;
    const auto middle = minutes.begin() + static_cast<std::ptrdiff_t>(minutes.size() / 2);
    std::nth_element(minutes.begin(), middle, minutes.end());
    numbers.minutes_to_close = *middle;
  }
  return benefit;
}

}  // namespace varde::followup
