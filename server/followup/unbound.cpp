#include "server/followup/unbound.h"

#include <fmt/format.h>

#include <array>

#include "fhir-model/element/reference.h"
#include "fhir-model/view/observation.h"
#include "server/followup/enrolment.h"
#include "server/followup/task.h"
#include "server/interaction/person.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace {

using interaction::Stored;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

/// What may name its patient before the Patient is here, in the order in which it is to be bound: an Observation is
/// judged by what the others say.
struct WaitingRow {
  std::string_view type, parameter;
};
constexpr std::array kWaiting{WaitingRow{"EpisodeOfCare", "patient"}, WaitingRow{"ServiceRequest", "subject"},
                              WaitingRow{"CarePlan", "subject"},      WaitingRow{"Encounter", "subject"},
                              WaitingRow{"Observation", "subject"},   WaitingRow{"QuestionnaireResponse", "subject"}};

std::string identity_of(std::string_view system, std::string_view value) {
  return std::string(system).append("|").append(value);
}

/// Whom a reference means, as far as it can be told; empty when it names nobody.
std::string identity_of(const interaction::View& view, fhir::Element subject) {
  const auto literal = subject["reference"].value();
  if (const auto id = view.own_id(literal, kPatient); !id.empty()) return "Patient/" + id;
  const auto identifier = subject["identifier"];
  if (!identifier["value"].value().empty())
    return identity_of(identifier["system"].value(), identifier["value"].value());
  return std::string(literal);
}

std::string subject_of(std::string_view identity) { return "unbound:" + std::string(identity) + "\n"; }

std::string_view first_said(fhir::Element reference) {
  for (const auto said : {reference["display"], reference["identifier"]["value"], reference["reference"]})
    if (!said.value().empty()) return said.value();
  return {};
}

std::string sender_of(fhir::Element observation) {
  if (const auto source = observation["meta"]["source"].value(); !source.empty()) return std::string(source);
  if (const auto device = first_said(observation["device"]); !device.empty()) return std::string(device);
  for (const auto who : {observation["performer"], observation["source"], observation["author"]})
    if (const auto said = first_said(who); !said.empty()) return std::string(said);
  return {};
}

struct Reason {
  std::string_view why, what_to_do;
};
Reason reason_of(const interaction::View& view, fhir::Element subject) {
  if (!view.own_id(subject["reference"].value(), kPatient).empty())
    return {"pasienten de viser til, finnes ikke her", "Registrer pasienten, så knyttes de til den og vurderes"};
  if (const auto identifier = subject["identifier"]; !identifier["value"].value().empty()) {
    const auto found = interaction::person_with(view, identifier["system"].value(), identifier["value"].value());
    if (found.several) return {"identiteten de oppgir, tilhører flere pasienter her", "Slå sammen pasientene"};
    return {"ingen pasient her har identiteten de oppgir", "Registrer pasienten, så knyttes de til den og vurderes"};
  }
  if (!subject["reference"].value().empty())
    return {"de viser til en pasient på en annen server", "Be avsenderen oppgi pasientens identitet"};
  return {"de sier ikke hvilken pasient de gjelder", "Be avsenderen oppgi pasientens identitet"};
}

/// A Group, a Device, a Location: nobody's reading by intention.
bool is_about_something_else(fhir::Element subject) {
  const auto type = fhir::target_type(subject);
  return type != fhir::TypeId::none && type != kPatient;
}

bool has_identifier(fhir::Element patient, fhir::Element identifier) {
  for (const auto each : patient.each("identifier"))
    if (each["system"].value() == identifier["system"].value() && each["value"].value() == identifier["value"].value())
      return true;
  return false;
}

Result<void> write_again(interaction::Act& act, const storage::Version& version) {
  auto tree = act.tree(version);
  return act.update(tree.edit(), version.id).map([](const auto&) {});
}

Result<void> bind_by_identifier(interaction::Act& act, fhir::Element identifier) {
  for (const auto& row : kWaiting) {
    const auto parameter = storage::parameter_key(row.type, std::string(row.parameter) + ":identifier");
    for (const auto key : act.by_token(parameter, identifier["system"].value(), identifier["value"].value())) {
      const auto version = act.current(key);
      if (!version || version->patient != storage::PatientKey::none) continue;
      if (auto written = write_again(act, *version); !written) return written;
    }
  }
  return {};
}

/// What refers to the Patient by its id stands in its compartment already; limits that came before make it judgeable.
Result<void> judge_by_id(interaction::Act& act, const storage::Version& patient) {
  if (!enrolment_of(act, patient.patient) && storage::limits::all(act, patient.patient).empty()) return {};
  for (const auto key : act.referring(storage::parameter_key("Observation", "subject"), kPatient, patient.id)) {
    const auto version = act.current(key);
    if (!version) continue;
    if (auto written = write_again(act, *version); !written) return written;
  }
  return {};
}

Result<void> settle_all(interaction::Act& act, std::string_view identity) {
  for (const auto& row : storage::open_alert::beginning(act, storage::PatientKey::none, subject_of(identity)))
    if (auto settled = settle(act, storage::PatientKey::none, row.subject, "completed",
                              "Pasienten er registrert, og målingene er knyttet til den");
        !settled)
      return settled;
  return {};
}

}  // namespace

bool is_known(const interaction::View& view, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return false;
  if (enrolment_of(view, patient)) return true;
  const auto stored = view.current(kPatient, view.patient_id(patient));
  return stored && stored->method != storage::Method::remove;
}

Result<void> tell_unbound(interaction::Act& act, const Stored& stored) {
  const auto subject = stored.resource["subject"];
  if (is_about_something_else(subject)) return {};
  const auto sender = sender_of(stored.resource);
  const auto [why, what_to_do] = reason_of(act, subject);
  return raise_once(act, storage::PatientKey::none, subject_of(identity_of(act, subject)) + sender,
                    {"", "technical", "urgent",
                     fmt::format("{} fra {} er ikke vurdert: {}. {}.",
                                 stored.resource.type_name() == "Observation" ? "Målinger" : "Svar på skjema",
                                 sender.empty() ? "ukjent avsender" : sender, why, what_to_do),
                     fmt::format("{}/{}", stored.resource.type_name(), stored.version.id)});
}

Result<void> bind_waiting(interaction::Act& act, const Stored& patient) {
  if (!patient.resource) return {};
  if (!patient.previous) {
    if (auto judged = judge_by_id(act, patient.version); !judged) return judged;
    if (auto settled = settle_all(act, "Patient/" + patient.version.id); !settled) return settled;
  }
  // A link may have made clear whom a number means.
  const bool linked = bool(patient.resource["link"]);
  for (const auto identifier : patient.resource.each("identifier")) {
    if (identifier["value"].value().empty() || (!linked && has_identifier(patient.previous, identifier))) continue;
    if (auto bound = bind_by_identifier(act, identifier); !bound) return bound;
    if (auto settled = settle_all(act, identity_of(identifier["system"].value(), identifier["value"].value()));
        !settled)
      return settled;
  }
  return {};
}

}  // namespace varde::followup
