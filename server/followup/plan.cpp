#include "server/followup/plan.h"

#include <fmt/format.h>
#include <cmath>

#include <algorithm>

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
  episode.set("status", "active");
  add_coding(episode.add("type"), codes::kServiceType, "DHO", "Digital hjemmeoppfølging");
  add_reference(episode, "patient", "Patient/" + request.patient_id);
  episode.add("period").set("start", interaction::fhir_instant(request.start));
  return tree;
}

/// https://hl7.org/fhir/R4/datatypes.html#Timing
void set_timing(fhir::Editor timing, const PlannedMeasurement& planned, Instant start) {
  auto repeat = timing.add("repeat");
  repeat.add("boundsPeriod").set("start", format_date(start));
  const auto per_day = number_of(planned.per_day).value_or(1);
  const bool daily = per_day >= 1;
  repeat.set("frequency", daily ? number_text(static_cast<int>(per_day)) : "1");
  repeat.set("period", daily ? "1" : number_text(std::lround(1 / per_day)));
  repeat.set("periodUnit", "d");
}

void set_code(fhir::Editor codeable_concept, const std::string& measure) {
  const auto bar = measure.find('|');
  const auto* known = find_measure(measure);
  add_coding(codeable_concept, measure.substr(0, bar), measure.substr(bar + 1), known ? known->display : "");
  if (known) codeable_concept.set("text", known->name);
}

fhir::Tree service_request_of(const EnrolmentRequest& request, const PlannedMeasurement& planned, Instant now) {
  auto tree = fhir::Tree::of("ServiceRequest");
  auto service_request = tree.edit();
  for (const auto& [measure, limits] : planned.limits)
    for (const auto& range : limits.ranges)
      add_limit(service_request, limits, range,
                measure == planned.measure ? std::string_view{} : std::string_view(measure));
  service_request.set("status", "active");
  service_request.set("intent", "plan");
  set_code(service_request.add("code"), planned.measure);
  add_reference(service_request, "subject", "Patient/" + request.patient_id);
  set_timing(service_request.add("occurrenceTiming"), planned, request.start);
  service_request.set("authoredOn", interaction::fhir_instant(now));
  return tree;
}

fhir::Tree care_plan_of(const EnrolmentRequest& request, const std::vector<std::string>& service_requests,
                        Instant now) {
  auto tree = fhir::Tree::of("CarePlan");
  auto plan = tree.edit();
  plan.set("status", "active");
  plan.set("intent", "plan");
  add_coding(plan.add("category"), codes::kVkpCarePlanCategory, "2", "egenbehandlingsplan");
  plan.set("title", request.title.empty() ? "Egenbehandlingsplan" : request.title);
  add_reference(plan, "subject", "Patient/" + request.patient_id);
  plan.add("period").set("start", format_date(request.start));
  plan.set("created", interaction::fhir_instant(now));
  for (const auto& id : service_requests) add_reference(plan.add("activity"), "reference", "ServiceRequest/" + id);
  return tree;
}

Result<std::string> write(storage::Transaction& transaction, interaction::Store& store, fhir::Tree tree) {
  return store.create(transaction, tree.edit()).map([](const auto& version) { return version.id; });
}

}  // namespace

Result<Enrolled> write_plan(storage::Transaction& transaction, interaction::Store& store,
                            const EnrolmentRequest& request) {
  Enrolled enrolled;
  for (const auto& planned : request.measurements) {
    auto id = write(transaction, store, service_request_of(request, planned, transaction.now()));
    if (!id) return tl::unexpected(id.error());
    enrolled.service_request_ids.push_back(std::move(*id));
  }
  auto care_plan = write(transaction, store, care_plan_of(request, enrolled.service_request_ids, transaction.now()));
  if (!care_plan) return tl::unexpected(care_plan.error());
  enrolled.care_plan_id = std::move(*care_plan);
  return enrolled;
}

Result<std::string> write_episode(storage::Transaction& transaction, interaction::Store& store,
                                  const EnrolmentRequest& request) {
  return write(transaction, store, episode_of(request));
}

Result<Enrolled> enrol(storage::Transaction& transaction, interaction::Store& store, const EnrolmentRequest& request) {
  const auto patient = transaction.current(fhir::find_resource_type("Patient"), request.patient_id);
  if (!patient || patient->method == storage::Method::remove)
    return fail(Fault::not_found, "there is no such Patient", "Patient");
  const auto enrolment = enrolment_of(transaction, patient->patient);
  if (enrolment && enrolment->state != storage::EnrolmentState::ended)
    return fail(Fault::business_rule, "the patient is already enrolled; change the plan, or end the enrolment first");
  auto enrolled = write_plan(transaction, store, request);
  if (!enrolled) return enrolled;
  auto episode = write_episode(transaction, store, request);
  if (!episode) return tl::unexpected(episode.error());
  enrolled->episode_id = std::move(*episode);
  return enrolled;
}

Result<std::vector<PlannedMeasurement>> typical_plan(std::string_view code) {
  std::vector<PlannedMeasurement> plan;
  for (const auto& row : read_table("followup/plans.txt", '|')) {
    if (row.at(0) != code) continue;
    const auto measure = full_key(row.at(1));
    if (plan.empty() || plan.back().measure != measure) plan.push_back({measure, std::string(row.at(2)), {}});
    auto limits = from_text(row.at(4)).and_then(checked);
    if (!limits) return tl::unexpected(limits.error());
    plan.back().limits.push_back({row.at(3) == "-" ? measure : full_key(row.at(3)), std::move(*limits)});
  }
  if (plan.empty()) return fail(Fault::code_invalid, "the typical plans are copd, heart-failure and diabetes");
  return plan;
}

}  // namespace varde::followup
