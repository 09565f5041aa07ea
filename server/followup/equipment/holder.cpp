#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/equipment/custody.h"
#include "server/followup/equipment/equipment.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/task.h"
#include "server/followup/window.h"
#include "server/followup/work/closing.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

const fhir::TypeId kDevice = fhir::find_resource_type("Device");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

constexpr std::size_t kMostLoans = 200;     ///< of one piece, that are looked through
constexpr std::chrono::minutes kSlack{10};  ///< clocks of equipment go wrong, and a loan is written down a moment late

/// The piece that a reading names, by its id here or by its serial number.
std::optional<fhir::Tree> device_of(const interaction::View& view, fhir::Element reading) {
  const auto device = reading["device"];
  if (!device) return std::nullopt;
  if (const auto id = view.own_id(device["reference"].value(), kDevice); !id.empty()) return view.tree(kDevice, id);
  const auto value = device["identifier"]["value"].value();
  if (value.empty()) return std::nullopt;
  const auto system = device["identifier"]["system"].value();
  if (system.empty() || system == codes::kSerialNumber) return device_with_serial(view, value);
  for (const auto key : view.by_identifier(kDevice, system, value))
    if (auto tree = view.tree(key)) return tree;
  return std::nullopt;
}

struct Loans {
  bool own = false;       ///< the patient had it then
  bool anothers = false;  ///< somebody else had
};

/// Who had it at that time.
Loans loans_at(const interaction::View& view, const std::string& device_id, storage::PatientKey patient, Instant time) {
  Loans found;
  std::size_t looked_at = 0;
  for (const auto key : view.referring(storage::parameter_key("DeviceUseStatement", "device"), kDevice, device_id)) {
    if (++looked_at > kMostLoans) break;
    const auto tree = view.tree(key);
    if (!tree || tree->root()["status"].value() == "entered-in-error") continue;
    const auto period = tree->root()["timingPeriod"];
    const auto start = parse_instant(period["start"].value(), view.zone());
    const auto end = parse_instant(period["end"].value(), view.zone());
    if ((start && time + kSlack < *start) || (end && *end + kSlack < time)) continue;
    const auto who = view.own_id(tree->root()["subject"]["reference"].value(), kPatient);
    const bool own = !who.empty() && storage::patients::survivor(view, view.patient_key(who)) == patient;
    (own ? found.own : found.anothers) = true;
  }
  return found;
}

/// What is wrong with a reading of that patient from that piece; empty: nothing.
std::string_view what_is_wrong(const interaction::View& view, fhir::Element device, storage::PatientKey patient,
                               Instant time) {
  const bool tracked = bool(device.extension(codes::kCustody));
  const auto holder = view.own_id(device["patient"]["reference"].value(), kPatient);
  const bool holds = !holder.empty() && storage::patients::survivor(view, view.patient_key(holder)) == patient;
  if (!tracked) return holder.empty() || holds ? "" : "er registrert på en annen pasient";
  const auto loans = loans_at(view, std::string(device["id"].value()), patient, time);
  if (loans.own) return "";
  if (loans.anothers) return "var lånt ut til en annen pasient da det ble målt";
  switch (custody_of(device).custody) {
    case Custody::lost: return "er meldt tapt";
    case Custody::lent: return holds ? "" : "er lånt ut til en annen pasient";
    default: return "er ikke lånt ut til pasienten";
  }
}

bool is_lent(fhir::Element device) {
  return device && device.extension(codes::kCustody) && custody_of(device).custody == Custody::lent;
}

}  // namespace

Result<void> check_holder(interaction::Act& act, const interaction::Stored& stored) {
  if (!stored.resource || !stored.resource["device"] || !stands(stored.resource) || is_test_data(stored.resource))
    return {};
  const auto patient = stored.version.patient;
  if (patient == storage::PatientKey::none) return {};
  const auto tree = device_of(act, stored.resource);
  if (!tree) return {};
  const auto device = tree->root();
  const auto time = time_of(stored.resource, act.zone());
  const auto wrong = what_is_wrong(act, device, patient, time);
  if (wrong.empty()) return {};
  const auto kind = device["type"]["text"].value();
  return raise_once(
      act, patient, holder_subject(device["id"].value()),
      {act.patient_id(patient), "technical", "urgent",
       fmt::format("Målingen {} kom fra {} {}, som {}. Den kan gjelde en annen pasient: sjekk hvem som har målt, og "
                   "registrer utstyret riktig.",
                   time_in_words(stored.resource, act.zone()), kind.empty() ? std::string_view("utstyr") : kind,
                   device["serialNumber"].value(), wrong),
       "Observation/" + stored.version.id});
}

Result<void> check_equipment(interaction::Act& act, fhir::Element device, fhir::Element previous) {
  if (ByItself::is(act) || (!is_lent(device) && !is_lent(previous))) return {};
  const bool same = is_lent(device) == is_lent(previous) &&
                    serial_key(device["serialNumber"].value()) == serial_key(previous["serialNumber"].value()) &&
                    device["patient"]["reference"].value() == previous["patient"]["reference"].value();
  if (same) return {};
  return fail(Fault::business_rule,
              "Utlån og innlevering gjøres med $lend, $return og $lost, så lånet blir skrevet ned (a loan begins and "
              "ends by the operations $lend, $return, $lost)",
              "Device.patient");
}

Result<void> check_equipment_deletion(interaction::Act& act, const interaction::Stored& stored) {
  if (stored.resource || ByItself::is(act) || !is_lent(stored.previous)) return {};
  return fail(
      Fault::resource_conflict,
      "Utstyret er lånt ut: registrer at det er levert inn eller tapt først (the equipment is lent: $return it, "
      "or say it is lost)",
      "Device");
}

}  // namespace varde::followup
