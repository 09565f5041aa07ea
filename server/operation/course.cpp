/// Patient/[id]/$enrol, $pause, $resume, $end: the course of a follow-up, each as one act in one transaction.
/// The same may be said by writing EpisodeOfCare, CarePlan and ServiceRequest directly; see server/followup/README.md.
#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/enrolment.h"
#include "server/followup/followup.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/plan.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/operation/doer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/patients.h"

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
    return fail(Fault::required_missing, "En måling har en code (a measure has a code: Coding or CodeableConcept)",
                parameter.path());
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
    return hand_on(limits);
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
    if (!time)
      return fail(Fault::parameter_malformed, "start er ikke en dato eller et tidspunkt (start is a date or dateTime)",
                  "start");
    FHIR_TRY(followup::check_start(*time, now, "start"));
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
  if (!patient) return fail(Fault::not_found, "Pasienten finnes ikke (there is no such Patient)");
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
  if (!enrolled.care_plan_id.empty()) add("plan", "CarePlan", enrolled.care_plan_id);
  for (const auto& id : enrolled.service_request_ids) add("measurement", "ServiceRequest", id);
  return fhir::to_json(tree.root());
}

/// Parameters that live until the writer has its turn.
Result<std::shared_ptr<const Input>> read_shared(const interaction::Request& request,
                                                 std::initializer_list<std::string_view> known) {
  return Input::read(request, known).map([](Input&& input) { return std::make_shared<const Input>(std::move(input)); });
}

struct Course {
  storage::PatientKey patient;
  followup::Stage stage;
  std::string episode_id;
};

Result<Course> course_of(const interaction::View& view, const std::string& patient_id) {
  const auto version = interaction::find_live(view, kPatient, patient_id);
  FHIR_TRY(version);
  const auto patient = storage::patients::survivor(view, version->patient);
  if (auto open = followup::open_course(view, patient))
    return Course{patient, open->stage, std::move(open->episode_id)};
  if (followup::enrolment_of(view, patient)) return Course{patient, followup::Stage::ended, {}};
  return fail(Fault::business_rule, "Pasienten er ikke meldt inn (the patient is not enrolled)");
}

interaction::Response state_of(const interaction::View& view, const Course& course) {
  const auto enrolment = followup::enrolment_of(view, course.patient);
  const auto now = followup::open_course(view, course.patient);
  constexpr std::string_view kStates[] = {"active", "paused", "ended"};
  interaction::Response response;
  response.body = fmt::format(
      R"({{"resourceType":"Parameters","parameter":[{{"name":"state","valueCode":"{}"}},{{"name":"stage","valueCode":"{}"}}]}})",
      kStates[static_cast<std::size_t>(enrolment ? enrolment->state : storage::EnrolmentState::ended)],
      followup::code_of(now ? now->stage : followup::Stage::ended));
  return response;
}

using Change = Result<void> (*)(interaction::Act&, const std::string& patient_id, const Course&, const Input&);

Result<interaction::Work> change(const interaction::Request& request, std::initializer_list<std::string_view> known,
                                 std::string_view operation, Change change) {
  auto input = read_shared(request, known);
  FHIR_TRY(input);
  return [=, &request, input = std::move(*input)](interaction::Act& act) -> Result<interaction::Response> {
    const auto course = course_of(act, request.id);
    FHIR_TRY(course);
    const auto by = known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), operation);
    FHIR_TRY(change(act, request.id, *course, *input));
    return state_of(act, *course);
  };
}

Result<std::optional<storage::Instant>> moment_in(const Input& input, std::string_view name, const time::Zone& zone) {
  const auto text = input.one(name);
  if (!text) return std::optional<storage::Instant>{};
  const auto moment = followup::parse_instant(*text, zone);
  if (!moment)
    return fail(Fault::parameter_malformed, fmt::format("{0} er ikke et tidspunkt ({0} is a date or dateTime)", name),
                std::string(name));
  return std::optional(*moment);
}

Result<void> do_pause(interaction::Act& act, const std::string& patient_id, const Course& course, const Input& input) {
  FHIR_TRY(followup::check_step(course.stage, followup::Stage::paused));
  const auto from = moment_in(input, "from", act.zone()), until = moment_in(input, "until", act.zone());
  FHIR_TRY(from);
  FHIR_TRY(until);
  return followup::pause(act, patient_id, followup::Pause{input.one("reason").value_or(""), *from, *until});
}

Result<void> do_resume(interaction::Act& act, const std::string& patient_id, const Course& course, const Input&) {
  using followup::Stage;
  const bool runs = course.stage == Stage::trial || course.stage == Stage::running;
  if (runs || course.stage == Stage::paused) return followup::resume(act, patient_id);
  return fail(Fault::business_rule,
              course.stage == Stage::ended
                  ? "Oppfølgingen er avsluttet: meld pasienten inn igjen (the follow-up has ended: enrol the patient "
                    "again with $enrol)"
                  : "Oppfølgingen har ikke begynt: meld pasienten inn (the follow-up has not begun: $enrol begins it)");
}

Result<void> do_end(interaction::Act& act, const std::string& patient_id, const Course& course, const Input& input) {
  // What has not begun cannot end; ending twice changes nothing.
  const auto enrolment = followup::enrolment_of(act, course.patient);
  if (enrolment && enrolment->is_open() && enrolment->since > act.now())
    return fail(
        Fault::business_rule,
        fmt::format("Oppfølgingen begynner {0} og slutter ikke før: sett EpisodeOfCare.status til cancelled (the "
                    "follow-up begins on {0} and cannot end before: set EpisodeOfCare.status to cancelled)",
                    followup::format_date(enrolment->since, act.zone())));
  return followup::end(act, patient_id, input.one("reason").value_or(""));
}

Result<followup::Stage> stage_in(const Input& input) {
  const auto text = input.one("stage");
  if (!text) return followup::Stage::running;
  const auto stage = followup::stage_of_code(*text);
  if (stage && *stage <= followup::Stage::running) return *stage;
  return fail(Fault::code_invalid,
              "Trinnet er referred, offered, trial eller running (the stage is referred, offered, trial or running)",
              "stage");
}

/// A course that is open goes on, or stays as it is.
Result<interaction::Response> go_on(interaction::Act& act, const Course& course,
                                    const followup::EnrolmentRequest& enrolment, const Input& input) {
  using followup::Stage;
  const bool begun = course.stage >= Stage::trial;
  if (begun && !enrolment.measurements.empty()) return tl::unexpected(followup::already_enrolled());
  if (course.stage == Stage::paused)
    return fail(Fault::business_rule, "Oppfølgingen er pauset: gjenoppta den (the follow-up is paused: $resume it)");
  FHIR_TRY(
      followup::move_course(act, {course.episode_id, course.stage}, enrolment.stage, input.one("reason").value_or("")));
  followup::Enrolled done;
  if (!begun && enrolment.stage >= Stage::trial) {
    auto planned = followup::write_plan(act, enrolment);
    FHIR_TRY(planned);
    done = std::move(*planned);
  }
  done.episode_id = course.episode_id;
  interaction::Response response;
  response.body = enrolled_json(done);
  return response;
}

}  // namespace

Result<interaction::Work> enrol(const interaction::Request& request, const interaction::Context&,
                                const interaction::Reads&) {
  auto input =
      read_shared(request, {"start", "title", "plan", "measure", "generalPractitioner", "stage", "reason", "by"});
  FHIR_TRY(input);
  return [&request, input = std::move(*input)](interaction::Act& act) -> Result<interaction::Response> {
    // Whom no centre follows up yet is seen by nobody there; whoever may begin a follow-up begins this one.
    const auto patient = act.transaction().patient_key(request.id);
    if (!act.sight().admits(fhir::find_type("EpisodeOfCare"), patient, access::bit(access::Right::create)))
      return fail(Fault::not_found, "Pasienten finnes ikke (there is no such Patient)");
    const auto by = known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), "enrol");
    const interaction::Sight::Lifted as_ourselves(act.sight());
    auto enrolment = request_of(*input, request.id, act.now(), act.zone());
    FHIR_TRY(enrolment);
    const auto stage = stage_in(*input);
    FHIR_TRY(stage);
    enrolment->stage = *stage;
    if (*stage < followup::Stage::trial && !enrolment->measurements.empty())
      return fail(Fault::business_rule,
                  "Planen settes når oppfølgingen begynner (the plan is set when the trial or the follow-up begins)",
                  "stage");
    for (const auto parameter : input->elements("generalPractitioner"))
      FHIR_TRY(set_general_practitioner(act, request.id, parameter["valueReference"]));
    const auto course = course_of(act, request.id);
    if (course && course->stage != followup::Stage::ended) return go_on(act, *course, *enrolment, *input);
    const auto done = followup::enrol(act, *enrolment);
    FHIR_TRY(done);
    interaction::Response response;
    response.status = 201;
    response.location = fmt::format("{}/EpisodeOfCare/{}", request.base, done->episode_id);
    response.body = enrolled_json(*done);
    return response;
  };
}

/// In one transaction: all of them, or none. Who is under way already stays as he is.
Result<interaction::Work> enrol_many(const interaction::Request& request, const interaction::Context&,
                                     const interaction::Reads&) {
  auto input = read_shared(request, {"patient", "start", "title", "plan", "measure", "stage", "by"});
  FHIR_TRY(input);
  return [input = std::move(*input)](interaction::Act& act) -> Result<interaction::Response> {
    constexpr std::size_t kMost = 500;
    const auto patients = subjects_of(*input, act);
    FHIR_TRY(patients);
    const auto stage = stage_in(*input);
    FHIR_TRY(stage);
    const auto by = known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), "enrol");
    if (patients->size() > kMost)
      return fail(Fault::too_costly,
                  fmt::format("høyst {0} pasienter om gangen (at most {0} patients at a time)", kMost), "patient");
    std::size_t enrolled = 0, already = 0;
    for (std::size_t i = 0; i < patients->size(); ++i) {
      const auto refused = [&](Failure failure) {
        failure.diagnostics = fmt::format("pasient nummer {0} (patient number {0}): {1}", i + 1, failure.diagnostics);
        return tl::unexpected(std::move(failure));
      };
      const auto& id = (*patients)[i].id;
      const auto course = course_of(act, id);
      if (!course && course.error().fault != Fault::business_rule) return refused(course.error());
      if (course && course->stage != followup::Stage::ended) {
        ++already;
        continue;
      }
      auto enrolment = request_of(*input, id, act.now(), act.zone());
      FHIR_TRY(enrolment);
      enrolment->stage = *stage;
      if (auto done = followup::enrol(act, *enrolment); !done) return refused(std::move(done.error()));
      ++enrolled;
    }
    interaction::Response response;
    response.body = fmt::format(
        R"({{"resourceType":"Parameters","parameter":[{{"name":"enrolled","valueInteger":{}}},{{"name":"already","valueInteger":{}}}]}})",
        enrolled, already);
    return response;
  };
}

Result<interaction::Work> pause(const interaction::Request& request, const interaction::Context&,
                                const interaction::Reads&) {
  return change(request, {"reason", "from", "until", "by"}, "pause", do_pause);
}

Result<interaction::Work> resume(const interaction::Request& request, const interaction::Context&,
                                 const interaction::Reads&) {
  return change(request, {"reason", "by"}, "resume", do_resume);
}

Result<interaction::Work> end_followup(const interaction::Request& request, const interaction::Context&,
                                       const interaction::Reads&) {
  return change(request, {"reason", "by"}, "end", do_end);
}

}  // namespace varde::operation
