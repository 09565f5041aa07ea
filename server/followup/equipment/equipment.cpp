#include "server/followup/equipment/equipment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/codes.h"
#include "server/followup/equipment/custody.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/closing.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

const fhir::TypeId kDevice = fhir::find_resource_type("Device");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

// clang-format off
constexpr std::array kCustodies{
    CustodyRow{Custody::lent,     "lent",     "lånt ut",   "active",   "",          "clean"},
    CustodyRow{Custody::returned, "returned", "levert inn", "active",   "completed", "lent lost"},
    CustodyRow{Custody::clean,    "clean",    "rengjort",  "active",   "",          "returned"},
    CustodyRow{Custody::lost,     "lost",     "tapt",      "inactive", "stopped",   "lent returned clean"},
};
// clang-format on
constexpr const CustodyRow& row_of(Custody custody) { return kCustodies[static_cast<std::size_t>(custody)]; }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Of A to Z: no serial number has others.
std::string with_letters(std::string_view text, char from, char to) {
  std::string out(text);
  for (char& c : out)
    if (c >= from && c < from + 26) c = static_cast<char>(c - from + to);
  return out;
}

void write_custody(fhir::Editor device, const CustodyRow& row, std::string_view comment, Instant now) {
  remove_each(device, "extension", [](fhir::Element each) { return each["url"].value() == codes::kCustody; });
  auto extension = device.add("extension");
  extension.set("url", codes::kCustody);
  extension.set("valueCode", row.code);
  device.set("status", row.status);
  if (comment.empty()) return;
  auto note = device.add("note");
  note.set("time", interaction::fhir_instant(now));
  note.set("text", comment);
}

Result<fhir::Tree> new_device(const Loan& loan) {
  if (loan.kind.empty())
    return fail(Fault::required_missing,
                "Utstyret er ikke kjent her: oppgi hva slags det er (the equipment is not known here: say its kind)",
                "kind");
  auto tree = fhir::Tree::of("Device");
  auto device = tree.edit();
  auto identifier = device.add("identifier");
  identifier.set("system", codes::kSerialNumber);
  identifier.set("value", serial_key(loan.serial));
  device.set("serialNumber", trimmed(loan.serial));
  device.add("type").set("text", loan.kind);
  return tree;
}

Result<void> begin_use(interaction::Act& act, const Loan& loan, const std::string& device_id) {
  auto tree = fhir::Tree::of("DeviceUseStatement");
  auto use = tree.edit();
  use.set("status", "active");
  add_reference(use, "subject", "Patient/" + loan.patient_id);
  use.add("timingPeriod").set("start", interaction::fhir_instant(act.now()));
  use.set("recordedOn", interaction::fhir_instant(act.now()));
  if (loan.by && !party_key(loan.by).empty()) use.add_copy("source", loan.by);
  add_reference(use, "device", "Device/" + device_id);
  return act.create(use).map([](const auto&) {});
}

/// The loans of it that run.
Result<void> end_use(interaction::Act& act, const std::string& device_id, std::string_view status) {
  for (const auto key : act.referring(storage::parameter_key("DeviceUseStatement", "device"), kDevice, device_id)) {
    auto tree = act.tree(key);
    if (!tree || tree->root()["status"].value() != "active") continue;
    auto use = tree->edit();
    use.set("status", status);
    use.ensure("timingPeriod").set("end", interaction::fhir_instant(act.now()));
    FHIR_TRY(act.update(use, std::string(tree->root()["id"].value())));
  }
  return {};
}

bool lists(std::string_view codes, std::string_view code) {
  const auto at = codes.find(code);
  return at != std::string_view::npos && (at == 0 || codes[at - 1] == ' ');
}

Result<void> check_step(const CustodyRow& from, const CustodyRow& to) {
  if (lists(to.from, from.code)) return {};
  return fail(Fault::business_rule,
              fmt::format("Utstyret er {} og kan ikke bli {} (the equipment is {}; {} comes after: {})", from.name,
                          to.name, from.code, to.code, to.from));
}

}  // namespace

std::string serial_key(std::string_view serial) { return with_letters(trimmed(serial), 'a', 'A'); }

std::optional<fhir::Tree> device_with_serial(const interaction::View& view, std::string_view serial) {
  const auto written = trimmed(serial);
  // Those of earlier versions are kept as they were written.
  for (const auto& each : {serial_key(serial), std::string(written), with_letters(written, 'A', 'a')})
    for (const auto key : view.by_identifier(kDevice, codes::kSerialNumber, each))
      if (auto tree = view.tree(key)) return tree;
  return std::nullopt;
}

void keep_serial(fhir::Editor device) {
  for (const auto identifier : device.each("identifier"))
    if (identifier["system"].value() == codes::kSerialNumber && identifier["value"].has_value())
      device.edit(identifier).set("value", serial_key(identifier["value"].value()));
}

const CustodyRow& custody_of(fhir::Element device) {
  const auto code = device.extension(codes::kCustody)["valueCode"].value();
  for (const auto& row : kCustodies)
    if (row.code == code) return row;
  return row_of(Custody::clean);
}

Result<std::string> lend(interaction::Act& act, const Loan& loan) {
  if (trimmed(loan.serial).empty())
    return fail(Fault::required_missing, "Oppgi serienummeret (serial is what stands on the equipment)", "serial");
  auto known = device_with_serial(act, loan.serial);
  const auto& row = row_of(Custody::lent);
  if (known) {
    const auto& from = custody_of(known->root());
    const auto holder = act.own_id(known->root()["patient"]["reference"].value(), kPatient);
    const auto person = [&](const std::string& id) { return storage::patients::survivor(act, act.patient_key(id)); };
    if (from.custody == Custody::lent && !holder.empty() && person(holder) == person(loan.patient_id))
      return std::string(known->root()["id"].value());
    if (from.custody == Custody::lent)
      return fail(Fault::resource_conflict,
                  "Utstyret er lånt ut til en annen pasient: registrer at det er levert inn først (another patient has "
                  "it: $return it first)",
                  "serial");
    FHIR_TRY(check_step(from, row));
  }
  auto fresh = known ? Result<fhir::Tree>(std::move(*known)) : new_device(loan);
  FHIR_TRY(fresh);
  auto device = fresh->edit();
  write_custody(device, row, loan.comment, act.now());
  device.remove("patient");
  add_reference(device, "patient", "Patient/" + loan.patient_id);
  const std::string id(device["id"].value());
  const ByItself a_loan(act);
  const auto stored = id.empty() ? act.create(device) : act.update(device, id);
  FHIR_TRY(stored);
  FHIR_TRY(begin_use(act, loan, stored->id));
  FHIR_TRY(settle(act, storage::patients::survivor(act, act.patient_key(loan.patient_id)), holder_subject(stored->id),
                  "completed", "Utstyret er registrert på pasienten"));
  return stored->id;
}

Result<void> set_custody(interaction::Act& act, const std::string& device_id, Custody to, std::string_view comment) {
  auto tree = act.tree(kDevice, device_id);
  if (!tree) return fail(Fault::not_found, "Utstyret finnes ikke her (there is no such Device)");
  const auto& row = row_of(to);
  const auto& from = custody_of(tree->root());
  if (from.custody == to) return {};
  FHIR_TRY(check_step(from, row));
  auto device = tree->edit();
  const auto holder = act.own_id(device["patient"]["reference"].value(), kPatient);
  write_custody(device, row, comment, act.now());
  device.remove("patient");
  const ByItself a_step(act);
  FHIR_TRY(act.update(device, device_id));
  if (!row.use.empty()) FHIR_TRY(end_use(act, device_id, row.use));
  if (holder.empty() || !lent_to(act, holder).empty()) return {};
  return settle(act, storage::patients::survivor(act, act.patient_key(holder)), kEquipment, "completed",
                "Alt utstyr er levert inn eller meldt tapt");
}

std::vector<std::string> lent_to(const interaction::View& view, const std::string& patient_id) {
  std::vector<std::string> names;
  for (const auto key : view.referring(storage::parameter_key("Device", "patient"), kPatient, patient_id)) {
    const auto tree = view.tree(key);
    if (!tree || custody_of(tree->root()).custody != Custody::lent) continue;
    const auto kind = tree->root()["type"]["text"].value();
    names.push_back(fmt::format("{} (serienummer {})", kind.empty() ? std::string_view("Utstyr") : kind,
                                tree->root()["serialNumber"].value()));
  }
  return names;
}

}  // namespace varde::followup
