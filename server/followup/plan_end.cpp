#include "server/followup/plan_end.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fhir-model/view/care_plan.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/in_force.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

constexpr std::array<std::string_view, 2> kOpen{"active", "on-hold"};

struct Stored {
  std::string id;
  fhir::Tree tree;
};

/// The patient's resources of a type whose status is one of these.
Result<std::vector<Stored>> with_status(const interaction::View& view, storage::PatientKey patient,
                                        std::string_view type, std::span<const std::string_view> statuses) {
  std::vector<Stored> found;
  for (const auto status : statuses)
    for (const auto key : view.with_token(storage::parameter_key(type, "status"), status, patient)) {
      const auto current = view.current(key);
      if (!current || current->method == storage::Method::remove) continue;
      found.push_back({current->id, view.tree(*current)});
    }
  return found;
}

bool is_treatment_plan(fhir::Element care_plan) {
  for (const auto category : view::CarePlan::of(care_plan).category())
    if (coding_of(category, codes::kVkpCarePlanCategory).code() == "2") return true;
  return false;
}

/// Not a referral, which is a ServiceRequest too.
bool is_planned_measurement(fhir::Element service_request) {
  if (service_request.extension(codes::kLimit)) return true;
  return find_measure(measure_key(service_request["code"])) != nullptr;
}

Result<void> save(interaction::Act& act, Stored& resource) {
  return act.update(resource.tree.edit(), resource.id).map([](const auto&) {});
}

void remove_mark(fhir::Editor resource) {
  for (fhir::Element old; (old = resource.extension(codes::kEndedWith));) resource.remove_child(old);
}

void mark_ended(fhir::Editor resource, const std::string& episode_id) {
  remove_mark(resource);
  auto mark = resource.add("extension");
  mark.set("url", codes::kEndedWith);
  auto episode = mark.add("extension");
  episode.set("url", "episode");
  add_reference(episode, "valueReference", "EpisodeOfCare/" + episode_id);
  auto status = mark.add("extension");
  status.set("url", "status");
  status.set("valueCode", resource["status"].value());
  resource.set("status", "completed");
}

/// The status that the resource had before that episode ended it; empty when another thing did.
std::string status_before(fhir::Element resource, const std::string& episode_id) {
  const auto mark = resource.extension(codes::kEndedWith);
  if (mark.extension("episode")["valueReference"]["reference"].value() != "EpisodeOfCare/" + episode_id) return {};
  return std::string(mark.extension("status")["valueCode"].value());
}

struct TypeRow {
  std::string_view type;
  bool (*is_planned)(fhir::Element);
};
constexpr std::array kTypes{TypeRow{"CarePlan", is_treatment_plan}, TypeRow{"ServiceRequest", is_planned_measurement}};

}  // namespace

Result<void> end_plan(interaction::Act& act, storage::PatientKey patient, const std::string& episode_id) {
  for (const auto& row : kTypes) {
    auto open = with_status(act, patient, row.type, kOpen);
    FHIR_TRY(open);
    for (auto& resource : *open) {
      if (!row.is_planned(resource.tree.root())) continue;
      mark_ended(resource.tree.edit(), episode_id);
      if (auto saved = save(act, resource); !saved) return saved;
    }
  }
  return {};
}

Result<void> reopen_plan(interaction::Act& act, storage::PatientKey patient, const std::string& episode_id) {
  constexpr std::array<std::string_view, 1> kCompleted{"completed"};
  for (const auto& row : kTypes) {
    auto ended = with_status(act, patient, row.type, kCompleted);
    FHIR_TRY(ended);
    for (auto& resource : *ended) {
      const auto status = status_before(resource.tree.root(), episode_id);
      if (status.empty()) continue;
      auto editor = resource.tree.edit();
      remove_mark(editor);
      editor.set("status", status);
      if (row.type == "ServiceRequest" && !check_limits(act, patient, editor, act.now())) continue;
      if (auto saved = save(act, resource); !saved) return saved;
    }
  }
  return {};
}

}  // namespace varde::followup
