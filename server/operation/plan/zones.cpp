/// CarePlan/[id]/$zones: an egenbehandlingsplan as the national draft for plans has it: the plan, and for each colour a
/// CarePlan that is part of it and a Condition that says when it counts. Source: the Planer draft of HL7 Norway
/// (2026-09).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "server/followup/ebp/state.h"
#include "server/followup/ebp/text.h"
#include "server/followup/parts.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {
namespace {

using followup::Zone;
namespace ebp = followup::ebp;

const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
constexpr std::string_view kZoneSystem =
    "http://hl7.no/fhir/ig/planer-hacking/CodeSystem/planer-hacking-observation-severity-zone-cs";
constexpr std::string_view kZoneProfile =
    "http://hl7.no/fhir/ig/planer-hacking/StructureDefinition/planer-hacking-v2-zone-careplan";
constexpr std::string_view kConditionProfile =
    "http://hl7.no/fhir/ig/planer-hacking/StructureDefinition/planer-hacking-v2-zone-condition";

struct ZoneRow {
  Zone zone;
  std::string_view code, display, title;
};
// clang-format off
constexpr std::array kZones{
    ZoneRow{Zone::green,  "green",  "Grønn sone", "Tiltak - grønn sone"},
    ZoneRow{Zone::yellow, "yellow", "Gul sone",   "Tiltak - gul sone"},
    ZoneRow{Zone::red,    "red",    "Rød sone",   "Tiltak - rød sone"},
};
// clang-format on

fhir::Editor add_entry(fhir::Editor bundle, std::string_view type, const std::string& id, const std::string& base) {
  auto entry = bundle.add("entry");
  entry.set("fullUrl", fmt::format("{}/{}/{}", base, type, id));
  auto resource = entry.add_resource("resource", fhir::find_resource_type(type));
  resource.set("id", id);
  return resource;
}

/// When the colour counts, in words.
std::string condition_text(const View& view, fhir::Element plan, const ZoneRow& row) {
  const auto limits = ebp::limits_in(view, plan, row.zone);
  return limits.empty() ? std::string(row.display) : fmt::format("{}", fmt::join(limits, "; "));
}

void add_zone(fhir::Editor bundle, const View& view, fhir::Element plan, const ZoneRow& row, const std::string& base) {
  const std::string plan_id(plan["id"].value());
  const auto id = fmt::format("{}-{}", plan_id.substr(0, 50), row.code);
  auto condition = add_entry(bundle, "Condition", id, base);
  condition.add("meta").set("profile", kConditionProfile);
  followup::add_coding(condition.add("clinicalStatus"), "http://terminology.hl7.org/CodeSystem/condition-clinical",
                       "active");
  followup::add_coding(condition.add("severity"), kZoneSystem, row.code, row.display);
  condition.add("code").set("text", condition_text(view, plan, row));
  condition.add_copy("subject", plan["subject"]);

  auto zone = add_entry(bundle, "CarePlan", id, base);
  zone.add("meta").set("profile", kZoneProfile);
  followup::add_reference(zone, "partOf", "CarePlan/" + plan_id);
  zone.set("status", plan["status"].value());
  zone.set("intent", "plan");
  zone.set("title", row.title);
  zone.add_copy("subject", plan["subject"]);
  followup::add_reference(zone, "addresses", "Condition/" + id);
  for (const auto& action : ebp::actions_in(plan, row.zone)) {
    auto detail = zone.add("activity").add("detail");
    detail.set("status", "not-started");
    detail.set("description", action);
  }
}

}  // namespace

Result<Response> plan_zones(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  const auto version = interaction::find_live(view, kCarePlan, request.id);
  FHIR_TRY(version);
  const auto plan = View::tree(*version);
  auto tree = fhir::Tree::of("Bundle");
  auto bundle = tree.edit();
  bundle.set("type", "collection");
  bundle.set("timestamp", interaction::fhir_instant(view.now()));
  auto first = bundle.add("entry");
  first.set("fullUrl", request.base + "/CarePlan/" + request.id);
  first.add_copy("resource", plan.root());
  for (const auto& row : kZones) add_zone(bundle, view, plan.root(), row, request.base);
  return interaction::answer_with(tree.root());
}

}  // namespace varde::operation
