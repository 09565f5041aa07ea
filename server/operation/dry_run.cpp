/// ServiceRequest/$evaluate: what a changed plan would have said of the readings that are stored. Nothing is written.
/// See server/followup/README.md, "By hand".
#include <fmt/format.h>

#include "server/followup/dry_run.h"
#include "server/followup/parts.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/patients.h"

namespace varde::operation {

namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::size_t kUsualExamples = 50, kMostExamples = 1000;
constexpr std::chrono::days kUsualPeriod{30};

Result<std::vector<followup::MeasureLimits>> plan_in(const Input& input) {
  const auto sent = input.elements("plan");
  const auto resource = sent.size() == 1 ? sent.front()["resource"] : fhir::Element{};
  if (!resource || resource.type_name() != "ServiceRequest")
    return fail(Fault::required_missing,
                "Send planen som prøves: én parameter plan med en ServiceRequest (one parameter plan, a ServiceRequest "
                "with the limits and rules to try)",
                "plan");
  auto limits = followup::limits_of(fhir::Tree::copy_of(resource).root());
  FHIR_TRY(limits);
  if (limits->empty())
    return fail(Fault::business_rule, "Planen har ingen grenser å prøve (the plan has no limits to try)", "plan");
  return limits;
}

/// Those whose readings may be seen by whoever asks.
std::vector<storage::PatientKey> only_seen(std::vector<storage::PatientKey> patients, const View& view) {
  static const fhir::TypeId kObservation = fhir::find_type("Observation");
  std::erase_if(patients, [&](storage::PatientKey one) { return !view.sight().admits(kObservation, one); });
  return patients;
}

Result<std::vector<storage::PatientKey>> patients_in(const Input& input, const View& view,
                                                     const std::vector<followup::MeasureLimits>& plan) {
  const auto everybody = input.flag("everybody");
  FHIR_TRY(everybody);
  const bool named = !input.all("patient").empty() || !input.all("patient.identifier").empty();
  if (*everybody) {
    if (named) return fail(Fault::parameter_malformed, "either patients or everybody, not both", "everybody");
    return followup::everybody_with(view, plan).map([&](std::vector<storage::PatientKey> all) {
      return only_seen(std::move(all), view);
    });
  }
  std::vector<storage::PatientKey> patients;
  if (!named) {
    const auto subject = input.elements("plan").front()["resource"]["subject"]["reference"].value();
    const auto id = view.own_id(subject, kPatient);
    if (id.empty())
      return fail(
          Fault::required_missing,
          "Si hvem planen prøves på: subject i planen, patient, eller everybody (say on whom the plan is tried: "
          "its subject, patient, or everybody)",
          "patient");
    patients.push_back(view.patient_key(id));
  } else {
    const auto subjects = subjects_of(input, view);
    FHIR_TRY(subjects);
    for (const auto& subject : *subjects) patients.push_back(subject.key);
  }
  for (auto& patient : patients) patient = storage::patients::survivor(view, patient);
  std::erase(patients, storage::PatientKey::none);
  patients = only_seen(std::move(patients), view);
  if (patients.empty())
    return fail(Fault::not_found, "Pasienten finnes ikke her (there is no such patient here)", "patient");
  return patients;
}

Result<Span> period_in(const Input& input, const View& view) {
  const auto period = input.one("period");
  if (!period) return Span{view.now() - kUsualPeriod, view.now() + std::chrono::microseconds{1}};
  return parse_period(*period, view.zone());
}

fhir::Editor add_part(fhir::Editor parent, std::string_view name) {
  auto added = parent.add("part");
  added.set("name", name);
  return added;
}

void add_counts(fhir::Editor parameters, std::string_view name, const std::array<std::size_t, 4>& counts) {
  auto parameter = parameters.add("parameter");
  parameter.set("name", name);
  for (const auto zone : {followup::Zone::red, followup::Zone::yellow, followup::Zone::grey, followup::Zone::green})
    add_part(parameter, followup::code(zone))
        .set("valueInteger", std::to_string(counts[static_cast<std::size_t>(zone)]));
}

void add_example(fhir::Editor parameters, const followup::Recoloured& changed, const View& view) {
  auto parameter = parameters.add("parameter");
  parameter.set("name", "changed");
  const auto version = view.current(changed.observation);
  if (version)
    followup::add_reference(add_part(parameter, "reading"), "valueReference",
                            followup::versioned("Observation", version->id, version->version));
  followup::add_reference(add_part(parameter, "patient"), "valueReference",
                          "Patient/" + view.patient_id(changed.patient));
  const auto reading = version ? std::optional(view.tree(*version)) : std::nullopt;
  const bool says_no_clock = reading && followup::is_without_clock(reading->root());
  add_part(parameter, "time")
      .set("valueDateTime", says_no_clock ? std::string(followup::measured_text(reading->root()))
                                          : interaction::fhir_instant(changed.time));
  auto code = add_part(parameter, "measure").add("valueCoding");
  code.set("system", system_of(changed.measure));
  code.set("code", code_of(changed.measure));
  add_part(parameter, "text").set("valueString", changed.text);
  add_part(parameter, "before").set("valueCode", followup::code(changed.before));
  add_part(parameter, "after").set("valueCode", followup::code(changed.after));
}

std::string in_words(const followup::DryRun& run, std::size_t patients) {
  const auto count = [](const std::array<std::size_t, 4>& counts, followup::Zone zone) {
    return counts[static_cast<std::size_t>(zone)];
  };
  return fmt::format(
      "{} målinger av {} {}: ville gitt {} røde og {} gule, mot {} og {}. {} ville fått en annen farge: {} "
      "en verre, {} en bedre.",
      run.readings, patients, patients == 1 ? "pasient" : "pasienter", count(run.after, followup::Zone::red),
      count(run.after, followup::Zone::yellow), count(run.before, followup::Zone::red),
      count(run.before, followup::Zone::yellow), run.changed, run.worse, run.better);
}

}  // namespace

Result<Response> dry_run_plan(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"plan", "patient", "patient.identifier", "everybody", "period", "examples"});
  FHIR_TRY(input);
  auto plan = plan_in(*input);
  FHIR_TRY(plan);
  auto patients = patients_in(*input, view, *plan);
  FHIR_TRY(patients);
  const auto period = period_in(*input, view);
  FHIR_TRY(period);
  const auto examples = input->count("examples", kUsualExamples, kMostExamples);
  FHIR_TRY(examples);
  const auto count = patients->size();
  const auto run =
      followup::dry_run(view, {std::move(*plan), std::move(*patients), period->from, period->to, *examples});
  FHIR_TRY(run);
  auto tree = fhir::Tree::of("Parameters");
  auto parameters = tree.edit();
  const auto add = [&](std::string_view name) {
    auto parameter = parameters.add("parameter");
    parameter.set("name", name);
    return parameter;
  };
  add("text").set("valueString", in_words(*run, count));
  add("patients").set("valueInteger", std::to_string(count));
  add("readings").set("valueInteger", std::to_string(run->readings));
  add_counts(parameters, "before", run->before);
  add_counts(parameters, "after", run->after);
  for (const auto& changed : run->examples) add_example(parameters, changed, view);
  return interaction::answer_with(tree.root());
}

}  // namespace varde::operation
