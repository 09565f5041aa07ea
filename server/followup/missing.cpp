#include "server/followup/missing.h"

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <vector>

#include "fhir-model/time/text.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/in_force.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/reading.h"
#include "server/followup/rule/rules.h"
#include "server/followup/schedule.h"
#include "server/followup/task.h"
#include "server/followup/window.h"
#include "server/interaction/text.h"
#include "server/storage/observed.h"

namespace varde::followup {

namespace {

using storage::DueKind;

const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
constexpr std::size_t kPage = 50;  ///< readings of one measure looked at in one go

/// "ServiceRequest id@begin of the window", in microseconds.
std::string subject_of(std::string_view id, const Window& window) {
  return fmt::format("{}@{}", id, window.begin.time_since_epoch().count());
}

struct Waiting {
  std::string id;
  Instant begin;
};

Waiting waiting_of(const storage::DueRow& row) {
  const auto at = row.subject.rfind('@');
  std::int64_t micros = 0;
  if (at != std::string::npos)
    std::from_chars(row.subject.data() + at + 1, row.subject.data() + row.subject.size(), micros);
  return {row.subject.substr(0, at), Instant{std::chrono::microseconds{micros}}};
}

std::string alert_subject(const std::string& measure) { return "missing:" + measure; }

/// The rhythm of a plan that is in force; nullopt: nothing is expected.
std::optional<Schedule> schedule_of(fhir::Element resource, const time::Zone& zone) {
  const auto request = fhir::view::ServiceRequest::of(resource);
  if (!has_a_say(request)) return std::nullopt;
  if (!find_measure(measure_key(resource["code"]))) return std::nullopt;  // a referral is a ServiceRequest too
  return Schedule::of(resource, zone);
}

/// Of a stored plan: what cannot be read was refused when it was saved.
Deadline stored_deadline(fhir::Element request) { return deadline_of(request).value_or(Deadline{}); }

void wait_for(interaction::Act& act, storage::PatientKey patient, fhir::Element request, const Schedule& schedule,
              Instant from) {
  const auto window = schedule.next(from);
  if (!window) return;
  const auto deadline = stored_deadline(request);
  const auto subject = subject_of(request["id"].value(), *window);
  storage::due::put(act, {DueKind::measurement, patient, subject, window->end + deadline.grace});
  if (const auto at = window->end - deadline.remind; deadline.remind.count() > 0 && at > act.now())
    storage::due::put(act, {DueKind::reminder, patient, subject, std::max(at, window->begin)});
}

/// Readings of the measure in the window, whatever they say: "not possible today" is an answer too; as many as count.
std::vector<rule::Point> readings_in(const interaction::View& view, storage::PatientKey patient,
                                     const std::string& measure, const Window& window) {
  std::vector<rule::Point> found;
  storage::observed::Row at{window.end, storage::ResourceKey{0}};
  for (;;) {
    const auto rows = storage::observed::older(view, patient, measure, at, kPage);
    for (const auto& row : rows) {
      if (row.time < window.begin || std::ssize(found) >= window.times) return found;
      const auto observation = view.tree(row.observation);
      if (observation && stands(observation->root()))
        found.push_back({.time = row.time, .observation = row.observation});
      at = row;
    }
    if (rows.size() < kPage) return found;
  }
}

bool is_missing(const interaction::View& view, const Window& window, std::span<const rule::Point> readings) {
  rule::Settings settings;
  settings.set("times", std::to_string(window.times));
  const LimitSet none;
  return !rule::kMissing
              .evaluate({nullptr, "", none, settings}, {window.begin, window.end, readings}, {view.now(), view.zone()})
              .empty();
}

std::string last_reading(const interaction::View& view, storage::PatientKey patient, const std::string& measure) {
  const auto rows = storage::observed::older(view, patient, measure, storage::observed::kNewest, 1);
  if (rows.empty() || rows.front().time == storage::observed::kNoTime) return {};
  const auto reading = view.tree(rows.front().observation);
  return reading ? time_in_words(reading->root(), view.zone()) : time::norwegian_text(rows.front().time, view.zone());
}

std::string in_words(const interaction::View& view, fhir::Element request, storage::PatientKey patient,
                     const Window& window, int count, Instant since) {
  const auto measure = measure_key(request["code"]);
  std::string words = fmt::format("Ikke målt som planlagt: {}", measure_name(request["code"]));
  if (window.times > 1) words += fmt::format(" ({} av {} ganger)", count, window.times);
  words += fmt::format(", mellom {} og {}.", time::norwegian_text(since, view.zone()),
                       time::norwegian_text(window.end, view.zone()));
  const auto last = last_reading(view, patient, measure);
  return words + (last.empty() ? std::string(" Ingen måling er mottatt.") : fmt::format(" Sist målt {}.", last));
}

/// One Task per measure: told again, the open one says how long now. Its period begins with the first window that was
/// missed, and ends with the time to see to it.
Result<void> tell(interaction::Act& act, storage::PatientKey patient, fhir::Element request, const Window& window,
                  int count) {
  const auto subject = alert_subject(measure_key(request["code"]));
  const auto open = storage::open_alert::get(act, patient, subject);
  if (auto tree = open ? read_task(act, open->task_id) : std::nullopt; tree && is_open(tree->root())) {
    auto task = tree->edit();
    const auto since = parse_instant(task["restriction"]["period"]["start"].value(), act.zone());
    task.set("description", in_words(act, request, patient, window, count, since.value_or(window.begin)));
    task.set("lastModified", interaction::fhir_instant(act.now()));
    return act.update(task, open->task_id).map([](const auto&) {});
  }
  auto tree = task_of({act.patient_id(patient), "missing-measurement", "routine",
                       in_words(act, request, patient, window, count, window.begin),
                       "ServiceRequest/" + std::string(request["id"].value())},
                      act.now());
  tree.edit().ensure("restriction").ensure("period").set("start", interaction::fhir_instant(window.begin));
  const auto stored = act.create(tree.edit());
  FHIR_TRY(stored);
  storage::open_alert::put(act, patient, {subject, stored->id, act.now()});
  return {};
}

}  // namespace

Result<void> end_window(interaction::Act& act, const storage::DueRow& row) {
  const auto waiting = waiting_of(row);
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto request = act.tree(kServiceRequest, waiting.id);
  const auto schedule = request ? schedule_of(request->root(), act.zone()) : std::nullopt;
  const auto enrolment = enrolment_of(act, row.patient);
  if (!schedule || !enrolment || !enrolment->is_active(act.now())) return {};
  auto from = row.at - stored_deadline(request->root()).grace;
  if (const auto window = schedule->next(waiting.begin);
      window && window->begin == waiting.begin && window->end == from) {
    const auto readings = readings_in(act, row.patient, measure_key(request->root()["code"]), *window);
    if (is_missing(act, *window, readings))
      FHIR_TRY(tell(act, row.patient, request->root(), *window, static_cast<int>(readings.size())));
  }
  wait_for(act, row.patient, request->root(), *schedule, from);
  return {};
}

Result<void> remind(interaction::Act& act, const storage::DueRow& row) {
  const auto waiting = waiting_of(row);
  storage::due::remove(act, row.kind, row.patient, row.subject);
  const auto request = act.tree(kServiceRequest, waiting.id);
  const auto schedule = request ? schedule_of(request->root(), act.zone()) : std::nullopt;
  const auto enrolment = enrolment_of(act, row.patient);
  if (!schedule || !enrolment || !enrolment->is_active(act.now())) return {};
  const auto window = schedule->next(waiting.begin);
  if (!window || window->begin != waiting.begin || window->end <= act.now()) return {};
  const auto count = std::ssize(readings_in(act, row.patient, measure_key(request->root()["code"]), *window));
  if (count >= window->times) return {};
  auto tree = fhir::Tree::of("Communication");
  auto message = tree.edit();
  message.set("status", "completed");
  add_coding(message.add("category"), codes::kReminder, "reminder", "Påminnelse");
  add_reference(message, "subject", "Patient/" + act.patient_id(row.patient));
  add_reference(message, "about", "ServiceRequest/" + waiting.id);
  message.set("sent", interaction::fhir_instant(act.now()));
  add_reference(message, "recipient", "Patient/" + act.patient_id(row.patient));
  message.add("payload").set("contentString",
                             fmt::format("Husk å måle {} innen {}.", measure_name(request->root()["code"]),
                                         time::norwegian_text(window->end, act.zone())));
  return act.create(message).map([](const auto&) {});
}

Result<void> follow_schedule(interaction::Act& act, const interaction::Stored& stored) {
  const auto patient = stored.version.patient;
  if (patient == storage::PatientKey::none) return {};
  const auto schedule = stored.resource ? schedule_of(stored.resource, act.zone()) : std::nullopt;
  const auto before = stored.previous ? stored_deadline(stored.previous) : Deadline{};
  const bool same_deadline = stored.resource && stored_deadline(stored.resource) == before;
  bool waits = false;
  for (const auto& row : storage::due::of(act, DueKind::measurement, patient)) {
    const auto waiting = waiting_of(row);
    if (waiting.id != stored.version.id) continue;
    // A change of something else, such as a limit, leaves the window that runs as it is.
    const auto window = schedule ? schedule->next(waiting.begin) : std::nullopt;
    const bool runs = window && window->begin == waiting.begin && window->end + before.grace == row.at;
    waits = waits || runs;
    if (runs && same_deadline) continue;
    storage::due::remove(act, row.kind, patient, row.subject);
    storage::due::remove(act, DueKind::reminder, patient, row.subject);
    if (runs) wait_for(act, patient, stored.resource, *schedule, waiting.begin);
  }
  const auto enrolment = enrolment_of(act, patient);
  if (!schedule || waits || !enrolment || enrolment->state != storage::EnrolmentState::active) return {};
  wait_for(act, patient, stored.resource, *schedule, std::max(act.now(), enrolment->since));
  return {};
}

Result<void> reschedule(interaction::Act& act, storage::PatientKey patient) {
  storage::due::remove_all(act, DueKind::measurement, patient);
  storage::due::remove_all(act, DueKind::reminder, patient);
  const auto enrolment = enrolment_of(act, patient);
  if (!enrolment || enrolment->state != storage::EnrolmentState::active) {
    for (const auto& open : storage::open_alert::beginning(act, patient, alert_subject("")))
      FHIR_TRY(settle(act, patient, open.subject, "cancelled", "Oppfølgingen er pauset eller avsluttet"));
    return {};
  }
  for (const auto key : act.with_token(storage::parameter_key("ServiceRequest", "status"), "active", patient)) {
    const auto request = act.tree(key);
    const auto schedule = request ? schedule_of(request->root(), act.zone()) : std::nullopt;
    if (schedule) wait_for(act, patient, request->root(), *schedule, std::max(act.now(), enrolment->since));
  }
  return {};
}

Result<void> settle_missing(interaction::Act& act, storage::PatientKey patient, fhir::Element observation) {
  const auto subject = alert_subject(measure_key(observation["code"]));
  const auto open = storage::open_alert::get(act, patient, subject);
  if (!open) return {};
  const auto task = read_task(act, open->task_id);
  const auto since =
      task ? parse_instant(task->root()["restriction"]["period"]["start"].value(), act.zone()) : Result<Instant>{};
  const auto measured = measured_from(observation, act.zone()).value_or(act.now());
  if (since && measured < *since) return {};  // an old one that came late: what was missing still is
  return settle(act, patient, subject, "completed", fmt::format("Målt {}", time_in_words(observation, act.zone())));
}

}  // namespace varde::followup
