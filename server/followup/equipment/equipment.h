#pragma once
/// @file server/followup/equipment/equipment.h
/// Equipment that is lent to patients, by serial number: lent, returned, cleaned, lost. The Device says who has it and
/// how it stands (extension `custody`); a DeviceUseStatement is one loan.
/// Source: README.md, "Equipment"; https://hl7.org/fhir/R4/device.html, deviceusestatement.html
/// Faults: resource_conflict (another patient has it), business_rule (a step that its state does not have, in Norwegian
/// first), not_found, required_missing.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

struct Loan {
  std::string patient_id;
  std::string serial;     ///< as it stands on the equipment
  std::string kind = {};  ///< "Pulsoksymeter"; needed of equipment that is not known yet
  fhir::Element by = {};  ///< a Reference; who lends it
  std::string comment = {};
};
/// The Device's id. Lending what the patient has already changes nothing.
Result<std::string> lend(interaction::Act&, const Loan& loan);

enum class Custody : std::uint8_t { lent, returned, clean, lost };
/// returned, clean or lost. What stands so already is left as it is.
Result<void> set_custody(interaction::Act&, const std::string& device_id, Custody to, std::string_view comment);

/// A serial number as it is kept and looked for: in capitals, without blanks around it. People copy it from a label.
std::string serial_key(std::string_view serial);
/// The piece of that serial number, however it is written.
std::optional<fhir::Tree> device_with_serial(const interaction::View&, std::string_view serial);
/// Keeps what a Device says of our own identifier system as it is looked for.
void keep_serial(fhir::Editor device);

/// Equipment that is lent is deleted, given to another or taken home by its operations only.
Result<void> check_equipment(interaction::Act&, fhir::Element device, fhir::Element previous);
Result<void> check_equipment_deletion(interaction::Act&, const interaction::Stored&);
/// A reading from equipment that another patient had then, or that is told to be lost: one open Task `technical` per
/// patient and piece, whatever colour the reading has.
Result<void> check_holder(interaction::Act&, const interaction::Stored& reading);

/// Code and subject of the Task that asks for what a patient still has after the end.
inline constexpr std::string_view kEquipment = "equipment";
/// Of what the patient has: "Pulsoksymeter (serienummer 123)".
std::vector<std::string> lent_to(const interaction::View&, const std::string& patient_id);

}  // namespace varde::followup
