#include "server/operation/everything/belonging.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "server/interaction/store.h"
#include "server/search/parameter.h"

namespace varde::operation {

namespace {

using interaction::View;
using storage::ResourceKey;
using Keys = std::set<ResourceKey>;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient"), kEncounter = fhir::find_resource_type("Encounter"),
                   kEpisode = fhir::find_resource_type("EpisodeOfCare");

/// Search parameters that tell when care was given; the first that a resource has a date of decides.
constexpr std::array<std::string_view, 14> kCareDates{
    "date", "effective", "effective-time", "occurrence",  "period",        "onset-date", "start-date",
    "sent", "authored",  "authoredon",     "authored-on", "recorded-date", "created",    "issued"};

/// Every resource that a parameter of the compartment leads to the patient by: by a reference, or by an identifier.
Result<void> gather_compartment(const View& view, const std::string& id, Keys& found) {
  const auto add = [&](const std::vector<ResourceKey>& keys) { found.insert(keys.begin(), keys.end()); };
  const auto patient = view.tree(kPatient, id);
  for (const auto& row : fhir::patient_compartment()) {
    const auto* parameter = search::parameters_of(row.type).find(row.parameter);
    if (!parameter) continue;
    view.budget().spend();
    FHIR_TRY(view.budget().within());
    for (const auto key : parameter->keys) add(view.referring(key, kPatient, id));
    if (!patient) continue;
    for (const auto identifier : patient->root().each("identifier"))
      for (const auto key : parameter->identifier_keys)
        add(view.by_token(key, identifier["system"].value(), identifier["value"].value()));
  }
  return {};
}

/// Every resource with a parameter that is made for such a target and leads to this one.
Result<void> gather_referring(const View& view, fhir::TypeId target, const std::string& id, Keys& found) {
  for (const auto& type : fhir::types()) {
    if (type.kind != fhir::TypeKind::resource) continue;
    for (const auto& parameter : search::parameters_of(fhir::find_resource_type(type.name)).all) {
      const bool leads = parameter.kind == fhir::SearchKind::reference && !parameter.targets.empty() &&
                         std::find(parameter.target_types.begin(), parameter.target_types.end(), target) !=
                             parameter.target_types.end();
      if (!leads) continue;
      view.budget().spend();
      FHIR_TRY(view.budget().within());
      for (const auto key : parameter.keys) {
        const auto keys = view.referring(key, target, id);
        found.insert(keys.begin(), keys.end());
      }
    }
  }
  return {};
}

Result<void> gather_episode(const View& view, const std::string& id, Keys& found) {
  FHIR_TRY(gather_referring(view, kEpisode, id, found));
  const std::vector<ResourceKey> first(found.begin(), found.end());
  for (const auto key : first)
    if (const auto version = view.current(key); version && version->type == kEncounter)
      FHIR_TRY(gather_referring(view, kEncounter, version->id, found));
  return {};
}

}  // namespace

Result<std::vector<ResourceKey>> belonging(const View& view, fhir::TypeId type, const std::string& id) {
  Keys found;
  FHIR_TRY(type == kPatient   ? gather_compartment(view, id, found)
           : type == kEpisode ? gather_episode(view, id, found)
                              : gather_referring(view, type, id, found));
  return std::vector<ResourceKey>(found.begin(), found.end());
}

bool is_in_span(const fhir::Element resource, const CareSpan& span, const View& view) {
  storage::IndexRows rows;
  view.store().index(resource, view, rows);
  for (const std::string_view code : kCareDates) {
    const auto* parameter = search::parameters_of(resource.type()).find(code);
    if (!parameter || parameter->kind != fhir::SearchKind::date) continue;
    bool tells = false;
    for (const auto& row : rows.dates) {
      const auto is_of = [&](const std::vector<storage::ParameterKey>& keys) {
        return std::find(keys.begin(), keys.end(), row.parameter) != keys.end();
      };
      if (!is_of(parameter->keys) && !is_of(parameter->long_keys)) continue;
      tells = true;
      if ((!span.to || row.begin < *span.to) && (!span.from || row.end > *span.from)) return true;
    }
    if (tells) return false;
  }
  return true;
}

}  // namespace varde::operation
