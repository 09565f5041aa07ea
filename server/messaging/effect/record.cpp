#include "server/messaging/effect/record.h"

#include <algorithm>
#include <array>

#include "server/followup/task.h"
#include "server/interaction/text.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

struct OutOfForce {
  std::string_view type, element, cancelled, replaced;
};
/// How a resource says that it does not count any more. What is not listed stays: a Binary says nothing by itself, the
/// patient is there whatever was written about it, and a stay is ended by the effects that know the other stays.
// clang-format off
constexpr std::array kOutOfForce{
    //         type                   element               cancelled            replaced
    OutOfForce{"ServiceRequest",      "status",             "entered-in-error",  "revoked"},
    OutOfForce{"Composition",         "status",             "entered-in-error",  "entered-in-error"},
    OutOfForce{"Observation",         "status",             "entered-in-error",  "entered-in-error"},
    OutOfForce{"MedicationStatement", "status",             "entered-in-error",  "entered-in-error"},
    OutOfForce{"DiagnosticReport",    "status",             "entered-in-error",  "entered-in-error"},
    OutOfForce{"Specimen",            "status",             "entered-in-error",  "entered-in-error"},
    OutOfForce{"DocumentReference",   "status",             "entered-in-error",  "superseded"},
    OutOfForce{"RelatedPerson",       "active",             "false",             "false"},
    OutOfForce{"Condition",           "verificationStatus", "entered-in-error",  "entered-in-error"},
    OutOfForce{"AllergyIntolerance",  "verificationStatus", "entered-in-error",  "entered-in-error"},
};
// clang-format on

const OutOfForce* row_for(std::string_view type) {
  const auto row = std::find_if(kOutOfForce.begin(), kOutOfForce.end(), [&](const auto& r) { return r.type == type; });
  return row == kOutOfForce.end() ? nullptr : &*row;
}

/// Of Condition and AllergyIntolerance, which then have no clinical status (con-5, ait-2).
void set_verification(fhir::Editor resource, std::string_view code) {
  resource.remove("clinicalStatus");
  resource.remove("verificationStatus");
  auto coding = resource.ensure("verificationStatus").add("coding");
  coding.set("system", resource.type_name() == "Condition"
                           ? "http://terminology.hl7.org/CodeSystem/condition-ver-status"
                           : "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification");
  coding.set("code", code);
}

Result<void> put_out_of_force(Case& c, const OutOfForce& row, std::string_view id, Why why) {
  auto resource = c.act.tree(fhir::find_resource_type(row.type), id);
  if (!resource) return {};
  const auto code = why == Why::cancelled ? row.cancelled : row.replaced;
  if (row.element == "verificationStatus")
    set_verification(resource->edit(), code);
  else
    resource->edit().set(row.element, code);
  return c.act.update(resource->edit(), std::string(id)).map([](const auto&) {});
}

/// True when somebody has begun with it: then it gets a note and is left to that person.
Result<bool> withdraw(Case& c, std::string_view task_id, Why why) {
  const auto task = c.act.tree(fhir::find_resource_type("Task"), task_id);
  if (!task || task->root()["status"].value() == "cancelled") return false;
  const bool begun = !followup::is_untouched(task->root());
  return followup::conclude(c.act, task_id, "cancelled",
                            why == Why::cancelled ? "Meldingen er kansellert av avsenderen."
                                                  : "Meldingen er erstattet av en nyere fra avsenderen.")
      .map([&] { return begun; });
}

}  // namespace

std::string_view document_status(Why why) {
  const auto* row = row_for("DocumentReference");
  return why == Why::cancelled ? row->cancelled : row->replaced;
}

Result<void> record(Case& c) {
  auto tree = fhir::Tree::of("Provenance");
  auto provenance = tree.edit();
  const auto add = [&](std::string_view reference) { provenance.add("target").set("reference", reference); };
  for (const auto& reference : c.bundle.written())
    if (!reference.starts_with("Communication/") && !reference.starts_with("Patient/")) add(reference);
  for (const auto& reference : c.made) add(reference);
  if (provenance.children().empty()) return {};
  if (!c.patient_id.empty()) add("Patient/" + c.patient_id);
  provenance.set("recorded", interaction::fhir_instant(c.act.now()));
  auto who = provenance.add("agent").ensure("who");
  const auto sender = c.communication["sender"];
  if (sender["type"]) who.add_copy("type", sender["type"]);
  if (sender["identifier"]) who.add_copy("identifier", sender["identifier"]);
  who.set("display", sender["display"].value().empty() ? "Avsender ikke oppgitt" : sender["display"].value());
  auto source = provenance.add("entity");
  source.set("role", "source");
  source.ensure("what").set("reference", c.about());
  return c.act.update(provenance, c.communication_id).map([](const auto&) {});
}

std::vector<std::string> made_by(const interaction::View& view, std::string_view communication_id) {
  std::vector<std::string> made;
  const auto provenance = view.tree(fhir::find_resource_type("Provenance"), communication_id);
  if (!provenance) return made;
  for (const auto target : provenance->root().each("target")) made.emplace_back(target["reference"].value());
  return made;
}

Result<bool> take_back(Case& c, std::string_view communication_id, Why why, const std::vector<std::string>& except) {
  bool begun = false;
  for (const auto& reference : made_by(c.act, communication_id)) {
    if (std::find(except.begin(), except.end(), reference) != except.end()) continue;
    const std::string_view type = std::string_view(reference).substr(0, reference.find('/'));
    if (type == "Task") {
      const auto withdrawn = withdraw(c, id_in(reference), why);
      if (!withdrawn) return withdrawn;
      begun |= *withdrawn;
    } else if (const auto* row = row_for(type)) {
      FHIR_TRY(put_out_of_force(c, *row, id_in(reference), why));
    }
  }
  return begun;
}

}  // namespace varde::messaging
