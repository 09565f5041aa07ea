#include "server/followup/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/table.h"
#include "server/interaction/text.h"

namespace varde::followup {

namespace {

fhir::Tree episode_of(const EnrolmentRequest& request) {
  auto tree = fhir::Tree::of("EpisodeOfCare");
  auto episode = tree.edit();
  add_coding(episode.add("type"), codes::kServiceType, "DHO", "Digital hjemmeoppfølging");
  add_reference(episode, "patient", "Patient/" + request.patient_id);
  const bool begins = request.stage != Stage::referred && request.stage != Stage::offered;
  if (begins) episode.add("period").set("start", interaction::fhir_instant(request.start));
  set_stage(episode, request.stage, request.start);
  return tree;
}

/// https://hl7.org/fhir/R4/datatypes.html#Timing
Result<void> set_timing(fhir::Editor timing, const PlannedMeasurement& planned, const std::string& start) {
  const auto frequency = frequency_of(planned.per_day);
  FHIR_TRY(frequency);
  auto repeat = timing.add("repeat");
  repeat.add("boundsPeriod").set("start", start);
  repeat.set("frequency", std::to_string(frequency->times));
  repeat.set("period", std::to_string(frequency->days));
  repeat.set("periodUnit", "d");
  return {};
}

void set_code(fhir::Editor codeable_concept, const std::string& measure) {
  const auto bar = measure.find('|');
  const auto* known = find_measure(measure);
  add_coding(codeable_concept, measure.substr(0, bar), measure.substr(bar + 1), known ? known->display : "");
  if (known) codeable_concept.set("text", known->name);
}

Result<fhir::Tree> service_request_of(const EnrolmentRequest& request, const PlannedMeasurement& planned,
                                      std::string_view status, const interaction::View& view) {
  auto tree = fhir::Tree::of("ServiceRequest");
  auto service_request = tree.edit();
  for (const auto& [measure, limits, rules] : planned.limits)
    for (const auto& range : limits.ranges)
      add_limit(service_request, limits, range,
                measure == planned.measure ? std::string_view{} : std::string_view(measure));
  service_request.set("status", status);
  service_request.set("intent", "plan");
  set_code(service_request.add("code"), planned.measure);
  add_reference(service_request, "subject", "Patient/" + request.patient_id);
  FHIR_TRY(set_timing(service_request.add("occurrenceTiming"), planned, format_date(request.start, view.zone())));
  service_request.set("authoredOn", interaction::fhir_instant(view.now()));
  return tree;
}

fhir::Tree care_plan_of(const EnrolmentRequest& request, const std::vector<std::string>& service_requests,
                        const interaction::View& view) {
  auto tree = fhir::Tree::of("CarePlan");
  auto plan = tree.edit();
  plan.set("status", "active");
  plan.set("intent", "plan");
  add_coding(plan.add("category"), codes::kVkpCarePlanCategory, "2", "egenbehandlingsplan");
  plan.set("title", request.title.empty() ? "Egenbehandlingsplan" : request.title);
  add_reference(plan, "subject", "Patient/" + request.patient_id);
  plan.add("period").set("start", format_date(request.start, view.zone()));
  plan.set("created", interaction::fhir_instant(view.now()));
  for (const auto& id : service_requests) add_reference(plan.add("activity"), "reference", "ServiceRequest/" + id);
  return tree;
}

Result<std::string> write(interaction::Act& act, fhir::Tree tree) {
  return act.create(tree.edit()).map([](const auto& version) { return version.id; });
}

}  // namespace

Result<std::string> write_measurement(interaction::Act& act, const EnrolmentRequest& request,
                                      const PlannedMeasurement& planned, std::string_view status) {
  auto service_request = service_request_of(request, planned, status, act);
  FHIR_TRY(service_request);
  return write(act, std::move(*service_request));
}

Result<Enrolled> write_plan(interaction::Act& act, const EnrolmentRequest& request) {
  Enrolled enrolled;
  for (const auto& planned : request.measurements) {
    auto id = write_measurement(act, request, planned, "active");
    FHIR_TRY(id);
    enrolled.service_request_ids.push_back(std::move(*id));
  }
  auto care_plan = write(act, care_plan_of(request, enrolled.service_request_ids, act));
  FHIR_TRY(care_plan);
  enrolled.care_plan_id = std::move(*care_plan);
  return enrolled;
}

Result<std::string> write_episode(interaction::Act& act, const EnrolmentRequest& request) {
  return write(act, episode_of(request));
}

Result<Enrolled> enrol(interaction::Act& act, const EnrolmentRequest& request) {
  const auto patient = act.current(fhir::find_resource_type("Patient"), request.patient_id);
  if (!patient || patient->method == storage::Method::remove)
    return fail(Fault::not_found, "Pasienten finnes ikke (there is no such Patient)", "Patient");
  const auto who = act.tree(*patient);
  const auto deceased = who.root().choice("deceased");
  if (deceased && deceased.value() != "false")
    return fail(
        Fault::business_rule,
        "Pasienten er registrert som død: er det feil, skal pasienten rettes først (the patient is said to have "
        "died: correct the Patient first)",
        "Patient.deceased");
  const auto enrolment = enrolment_of(act, patient->patient);
  if (enrolment && enrolment->state != storage::EnrolmentState::ended) return tl::unexpected(already_enrolled());
  const bool planned = request.stage != Stage::referred && request.stage != Stage::offered;
  auto enrolled = planned ? write_plan(act, request) : Result<Enrolled>(Enrolled{});
  if (!enrolled) return enrolled;
  auto episode = write_episode(act, request);
  FHIR_TRY(episode);
  enrolled->episode_id = std::move(*episode);
  return enrolled;
}

Result<Frequency> frequency_of(std::string_view per_day) {
  const auto number = number_of(per_day);
  if (!number || *number <= 0 || *number > 96)
    return fail(
        Fault::value_malformed,
        "Hvor ofte per døgn er et tall over 0 og høyst 96 (how often a day is a number above 0 and at most 96)");
  constexpr int kMonth = 31, kYear = 366;
  const auto point = std::min(per_day.find('.'), per_day.size() - 1);
  const double precision = 0.5 * std::pow(10.0, -static_cast<double>(per_day.size() - 1 - point));
  const auto within = [&](int last_day, double tolerance) -> std::optional<Frequency> {
    for (int days = 1; days <= last_day; ++days) {
      const double times = std::round(*number * days);
      if (times >= 1 && std::abs(times / days - *number) <= tolerance) return Frequency{static_cast<int>(times), days};
    }
    return std::nullopt;
  };
  // Exactly, over at most a month; else the simplest that reads as what was written: 0.33 is once in three days.
  if (const auto exact = within(kMonth, 1e-9)) return *exact;
  if (const auto written = within(kYear, precision)) return *written;
  return fail(Fault::value_malformed,
              "Hvor ofte per døgn er minst én gang i året (how often a day is at least once a year)");
}

Result<std::vector<PlannedMeasurement>> typical_plan(std::string_view code) {
  std::vector<PlannedMeasurement> plan;
  for (const auto& row : read_table("followup/plans.txt", '|')) {
    if (row.at(0) != code) continue;
    const auto measure = full_key(row.at(1));
    if (plan.empty() || plan.back().measure != measure) plan.push_back({measure, std::string(row.at(2)), {}});
    auto limits = checked(from_text(row.at(4)));
    FHIR_TRY(limits);
    plan.back().limits.push_back({row.at(3) == "-" ? measure : full_key(row.at(3)), std::move(*limits), {}});
  }
  if (plan.empty())
    return fail(Fault::code_invalid,
                "Planen er ikke kjent: de typiske er copd, heart-failure og diabetes (the typical plans are copd, "
                "heart-failure and diabetes)");
  return plan;
}

}  // namespace varde::followup
