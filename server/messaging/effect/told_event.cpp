#include "server/messaging/effect/told_event.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

/// Departments of one hospital write under HER-ids of their own. Never a person's number.
std::string hospital_of(const mappings::Party& sender) {
  for (const auto* ids : {&sender.organisation_ids, &sender.department_ids})
    for (const auto& id : *ids)
      if (id.type == "HER") return id.value;
  return display_of(sender);
}

bool is_in_force(fhir::Element communication) {
  const auto reason = fhir::view::CodeableConcept::of(communication["statusReason"]);
  return followup::coding_of(reason, names::kMessageState).code() == row_of(State::processed).code;
}

std::optional<ToldEvent> told_by(fhir::Element communication) {
  const auto extension = communication.extension(names::kHospitalEvent);
  if (!extension) return std::nullopt;
  const auto what = hospital_event(extension.extension("what")["valueCode"].value());
  const auto when = norway::parse_moment(extension.extension("when")["valueDateTime"].value());
  if (!what || !when) return std::nullopt;
  return ToldEvent{*what,
                   *when,
                   std::string(extension.extension("hospital")["valueString"].value()),
                   std::string(communication["sender"]["display"].value()),
                   norway::parse_moment(communication["sent"].value()),
                   std::string(identifier(communication, names::kMessage))};
}

bool can_be(const Case& c, HospitalEvent what, const time::Span& event) {
  if (what == HospitalEvent::died && event.begin > c.act.now() + followup::kClocksDiffer) return false;
  return !is_doubtful(c, event) && !(what == HospitalEvent::ready && is_doubtful(c, event_of(c.message, "1")));
}

Result<void> raise(Case& c, const Contradiction& contradiction) {
  auto task = followup::task_of({c.patient_id, "information", "urgent", contradiction.words, c.about()}, c.act.now());
  add_identifier(task.edit(), names::kContradictionOf, c.patient_id);
  add_identifier(task.edit(), names::kContradiction, contradiction.key);
  return c.act.create(task.edit()).map([](const auto&) {});
}

/// Should it come up again, it is asked about anew.
Result<void> withdraw(Case& c, fhir::Tree task) {
  const std::string id(task.root()["id"].value());
  for (const auto each : task.root().each("identifier"))
    if (each["system"].value() == names::kContradiction) {
      task.edit().remove_child(each);
      break;
    }
  FHIR_TRY(c.act.update(task.edit(), id));
  return followup::conclude(c.act, id, "cancelled", "Meldingene motsier ikke hverandre lenger.");
}

}  // namespace

void remember_told(Case& c, HospitalEvent what) {
  const auto event = event_of(c.message);
  if (!can_be(c, what, event)) return;
  add_identifier(c.communication, names::kHospitalEventOf, c.patient_id);
  drop_extension(c.communication, names::kHospitalEvent);
  auto extension = c.communication.add("extension");
  extension.set("url", names::kHospitalEvent);
  const auto add = [&](std::string_view url, std::string_view name, std::string_view value) {
    auto part = extension.add("extension");
    part.set("url", url);
    part.set(name, value);
  };
  add("what", "valueCode", code_of(what));
  add("when", "valueDateTime", norway::text_of(event));
  if (const auto hospital = hospital_of(c.message.sender); !hospital.empty()) add("hospital", "valueString", hospital);
}

std::vector<ToldEvent> told_events(const Case& c) {
  std::vector<ToldEvent> told;
  const auto type = fhir::find_resource_type("Communication");
  for (const auto key : c.act.by_identifier(type, names::kHospitalEventOf, c.patient_id)) {
    const auto tree = c.act.tree(key);
    if (!tree || tree->root()["id"].value() == c.communication_id || !is_in_force(tree->root())) continue;
    auto event = told_by(tree->root());
    if (!event || std::find(c.earlier.begin(), c.earlier.end(), event->mark) != c.earlier.end()) continue;
    told.push_back(std::move(*event));
  }
  if (auto own = told_by(c.communication)) told.push_back(std::move(*own));
  return told;
}

bool is_told_later(const Case& c, HospitalEvent what, const time::Span& event) {
  const auto hospital = hospital_of(c.message.sender);
  return std::any_of(c.told.begin(), c.told.end(), [&](const ToldEvent& each) {
    return each.what == what && each.hospital == hospital && before(event, each.when);
  });
}

Result<void> ask_about_contradictions(Case& c) {
  auto found = contradictions(c.told);
  const auto type = fhir::find_resource_type("Task");
  for (const auto key : c.act.by_identifier(type, names::kContradictionOf, c.patient_id)) {
    auto task = c.act.tree(key);
    if (!task) continue;
    const std::string asked(identifier(task->root(), names::kContradiction));
    const auto removed = std::erase_if(found, [&](const Contradiction& each) { return each.key == asked; });
    if (removed > 0 || asked.empty() || !followup::is_open(task->root())) continue;
    FHIR_TRY(withdraw(c, std::move(*task)));
  }
  std::set<std::string_view> raised;
  for (const auto& each : found)
    if (raised.insert(each.key).second) FHIR_TRY(raise(c, each));
  return {};
}

}  // namespace varde::messaging
