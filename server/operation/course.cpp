/// Patient/[id]/$enrol, $pause, $resume, $end: the course of a follow-up, each as one act in one transaction.
/// The same may be said by writing EpisodeOfCare, CarePlan and ServiceRequest directly; see server/followup/README.md.
#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/followup.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/plan.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

fhir::Element part(fhir::Element parameter, std::string_view name) {
  for (const auto candidate : parameter.each("part"))
    if (candidate["name"].value() == name) return candidate;
  return {};
}

/// A `measure` parameter is read through the same door as a ServiceRequest, so that the same rules hold.
Result<followup::PlannedMeasurement> measurement_of(fhir::Element parameter) {
  auto tree = fhir::Tree::of("ServiceRequest");
  auto request = tree.edit();
  const auto code = part(parameter, "code");
  if (code["valueCodeableConcept"])
    request.add_copy("code", code["valueCodeableConcept"]);
  else if (code["valueCoding"])
    request.add("code").add_copy("coding", code["valueCoding"]);
  else
    return fail(Fault::required_missing, "a measure has a code (Coding or CodeableConcept)", parameter.path());
  for (const auto limit : parameter.each("part")) {
    if (limit["name"].value() != "limit") continue;
    auto extension = request.add("extension");
    extension.set("url", followup::codes::kLimit);
    for (const auto field : limit.each("part")) {
      auto inner = extension.add("extension");
      inner.set("url", field["name"].value());
      if (const auto value = field.choice("value")) inner.add_copy(value.name(), value);
    }
  }
  auto limits = followup::limits_of(request);
  if (!limits) {
    limits.error().expression = parameter.path();  // the sender knows the parameter, not the request we made of it
    return tl::unexpected(limits.error());
  }
  followup::PlannedMeasurement planned{followup::measure_key(request["code"]), "1", std::move(*limits)};
  if (const auto per_day = part(parameter, "perDay").choice("value"); per_day.has_value()) {
    if (const auto frequency = followup::frequency_of(per_day.value()); !frequency)
      return fail(Fault::parameter_malformed, "perDay: " + frequency.error().diagnostics, parameter.path());
    planned.per_day = per_day.value();
  }
  return planned;
}

Result<followup::EnrolmentRequest> request_of(const Input& input, const std::string& patient_id, storage::Instant now,
                                              const time::Zone& zone) {
  followup::EnrolmentRequest request{patient_id, now, input.one("title").value_or(""), {}};
  if (const auto start = input.one("start")) {
    const auto time = followup::parse_instant(*start, zone);
    if (!time) return fail(Fault::parameter_malformed, "start is a date or dateTime", "start");
    request.start = *time;
  }
  if (const auto plan = input.one("plan")) {
    auto typical = followup::typical_plan(*plan);
    FHIR_TRY(typical);
    request.measurements = std::move(*typical);
  }
  for (const auto parameter : input.elements("measure")) {
    auto planned = measurement_of(parameter);
    FHIR_TRY(planned);
    // What is asked for by name goes before what is typical.
    std::erase_if(request.measurements, [&](const auto& other) { return other.measure == planned->measure; });
    request.measurements.push_back(std::move(*planned));
  }
  return request;
}

Result<void> set_general_practitioner(interaction::Act& act, const std::string& patient_id, fhir::Element reference) {
  auto patient = act.tree(kPatient, patient_id);
  if (!patient) return fail(Fault::not_found, "there is no such Patient");
  patient->edit().remove("generalPractitioner");
  patient->edit().add_copy("generalPractitioner", reference);
  return act.update(patient->edit(), patient_id).map([](const auto&) {});
}

std::string enrolled_json(const followup::Enrolled& enrolled) {
  auto tree = fhir::Tree::of("Parameters");
  const auto add = [&](std::string_view name, std::string_view type, const std::string& id) {
    auto parameter = tree.edit().add("parameter");
    parameter.set("name", name);
    followup::add_reference(parameter, "valueReference", std::string(type).append("/").append(id));
  };
  add("episode", "EpisodeOfCare", enrolled.episode_id);
  add("plan", "CarePlan", enrolled.care_plan_id);
  for (const auto& id : enrolled.service_request_ids) add("measurement", "ServiceRequest", id);
  return fhir::to_json(tree.root());
}

using Requirement = Result<void> (*)(const followup::Enrolment&, storage::Instant now);

/// Pausing and resuming are about a follow-up that is under way.
Result<void> not_ended(const followup::Enrolment& enrolment, storage::Instant) {
  if (enrolment.state != storage::EnrolmentState::ended) return {};
  return fail(Fault::business_rule, "the follow-up has ended: enrol the patient again with $enrol");
}

/// What has not begun cannot end; ending twice changes nothing.
Result<void> begun(const followup::Enrolment& enrolment, storage::Instant now) {
  if (enrolment.since <= now) return {};
  return fail(Fault::business_rule,
              fmt::format("the follow-up begins on {} and cannot end before: set EpisodeOfCare.status to cancelled",
                          followup::format_date(enrolment.since)));
}

/// Parameters that live until the writer has its turn.
Result<std::shared_ptr<const Input>> read_shared(const interaction::Request& request,
                                                 std::initializer_list<std::string_view> known) {
  return Input::read(request, known).map([](Input&& input) { return std::make_shared<const Input>(std::move(input)); });
}

using Change = Result<void> (*)(interaction::Act&, const std::string& patient_id, const std::string& reason);

/// The operations that only name a patient and perhaps a reason.
Result<interaction::Work> change(const interaction::Request& request, Requirement requirement, Change change) {
  auto input = read_shared(request, {"reason"});
  FHIR_TRY(input);
  return [=, &request, input = std::move(*input)](interaction::Act& act) -> Result<interaction::Response> {
    const auto patient = act.current(kPatient, request.id);
    if (!patient || patient->method == storage::Method::remove)
      return fail(Fault::not_found, "there is no such Patient");
    const auto before = followup::enrolment_of(act, patient->patient);
    if (!before) return fail(Fault::business_rule, "the patient is not enrolled");
    FHIR_TRY(requirement(*before, act.now()));
    FHIR_TRY(change(act, request.id, input->one("reason").value_or("")));
    const auto enrolment = followup::enrolment_of(act, patient->patient);
    constexpr std::string_view kStates[] = {"active", "paused", "ended"};
    interaction::Response response;
    response.body = fmt::format(R"({{"resourceType":"Parameters","parameter":[{{"name":"state","valueCode":"{}"}}]}})",
                                kStates[static_cast<std::size_t>(enrolment->state)]);
    return response;
  };
}

}  // namespace

Result<interaction::Work> enrol(const interaction::Request& request, const interaction::Context&,
                                const interaction::Reads&) {
  auto input = read_shared(request, {"start", "title", "plan", "measure", "generalPractitioner"});
  FHIR_TRY(input);
  return [&request, input = std::move(*input)](interaction::Act& act) -> Result<interaction::Response> {
    // Whom no centre follows up yet is seen by nobody there; whoever may begin a follow-up begins this one.
    const auto patient = act.transaction().patient_key(request.id);
    if (!act.sight().admits(fhir::find_type("EpisodeOfCare"), patient, access::bit(access::Right::create)))
      return fail(Fault::not_found, "there is no such Patient");
    const interaction::Sight::Lifted as_ourselves(act.sight());
    const auto enrolment = request_of(*input, request.id, act.now(), act.zone());
    FHIR_TRY(enrolment);
    for (const auto parameter : input->elements("generalPractitioner"))
      FHIR_TRY(set_general_practitioner(act, request.id, parameter["valueReference"]));
    const auto done = followup::enrol(act, *enrolment);
    FHIR_TRY(done);
    interaction::Response response;
    response.status = 201;
    response.location = fmt::format("{}/EpisodeOfCare/{}", request.base, done->episode_id);
    response.body = enrolled_json(*done);
    return response;
  };
}

Result<interaction::Work> pause(const interaction::Request& request, const interaction::Context&,
                                const interaction::Reads&) {
  return change(request, not_ended, followup::pause);
}

Result<interaction::Work> resume(const interaction::Request& request, const interaction::Context&,
                                 const interaction::Reads&) {
  return change(request, not_ended, [](interaction::Act& act, const std::string& patient_id, const std::string&) {
    return followup::resume(act, patient_id);
  });
}

Result<interaction::Work> end_followup(const interaction::Request& request, const interaction::Context&,
                                       const interaction::Reads&) {
  return change(request, begun, followup::end);
}

}  // namespace varde::operation
