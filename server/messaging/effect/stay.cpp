#include "server/messaging/effect/stay.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/followup/followup.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {

bool Stay::is_open() const { return encounter.root()["status"].value() == "in-progress"; }
bool Stay::is_valid() const { return encounter.root()["status"].value() != "entered-in-error"; }
bool Stay::is_over_or_open() const { return is_open() || encounter.root()["status"].value() == "finished"; }
std::optional<time::Span> Stay::start() const {
  return norway::parse_moment(encounter.root()["period"]["start"].value());
}
std::optional<time::Span> Stay::end() const { return norway::parse_moment(encounter.root()["period"]["end"].value()); }

bool Stay::told_by(std::string_view her) const {
  const std::string prefix = std::string(her) + "/";
  for (const auto each : encounter.root().each("identifier"))
    if (each["system"].value() == names::kMessage && each["value"].value().starts_with(prefix)) return true;
  return false;
}

bool Stay::has_mark(std::string_view mark) const {
  for (const auto each : encounter.root().each("identifier"))
    if (each["system"].value() == names::kMessage && each["value"].value() == mark) return true;
  return false;
}

bool Stay::has_any(const std::vector<std::string>& marks) const {
  return std::any_of(marks.begin(), marks.end(), [&](const auto& mark) { return has_mark(mark); });
}

std::vector<Stay> stays_of(const interaction::View& view, std::string_view patient_id) {
  std::vector<Stay> stays;
  for (const auto key : view.by_identifier(fhir::find_resource_type("Encounter"), names::kAdmissionOf, patient_id))
    if (auto tree = view.tree(key)) stays.push_back({std::string(tree->root()["id"].value()), std::move(*tree)});
  return stays;
}

void mark_stay(fhir::Editor encounter, const Case& c) {
  if (identifier(encounter, names::kAdmissionOf).empty()) add_identifier(encounter, names::kAdmissionOf, c.patient_id);
  add_identifier(encounter, names::kMessage, c.mark(), c.message.type);
}

bool is_over(const std::vector<Stay>& stays, const time::Span& event) {
  return std::any_of(stays.begin(), stays.end(), [&](const Stay& stay) {
    const auto end = stay.end();
    return stay.is_valid() && !stay.is_open() && end && event.begin < end->end && event.end <= end->end;
  });
}

namespace {

/// In Norwegian; empty: it can be so.
std::string_view why_wrong(const Case& c, const time::Span& event) {
  constexpr std::chrono::days kFarthestAhead{366}, kFarthestBack{20 * 366};
  const auto patient = c.act.tree(fhir::find_resource_type("Patient"), c.patient_id);
  const auto birth = patient ? norway::parse_moment(patient->root()["birthDate"].value()) : std::nullopt;
  if (birth && before(event, *birth)) return "før pasienten ble født";
  if (event.begin < c.act.now() - kFarthestBack) return "mer enn 20 år tilbake";
  return event.begin > c.act.now() + kFarthestAhead ? "mer enn ett år fram i tid" : "";
}

}  // namespace

bool is_doubtful(const Case& c, const time::Span& event) { return !why_wrong(c, event).empty(); }

Result<bool> doubt(Case& c, std::string_view what, const time::Span& event) {
  const auto why = why_wrong(c, event);
  if (why.empty()) return false;
  if (auto* told = c.bundle.first("Encounter")) {
    told->resource.edit().set("status", "unknown");
    mark_stay(told->resource.edit(), c);
  }
  return ask(c, "information", "urgent",
             fmt::format(
                 "{} meldt av {} er datert {}, {}. Digital hjemmeoppfølging går som før: avklar med avsenderen.", what,
                 display_of(c.message.sender), norway::oslo_words(event), why))
      .map([](const auto&) { return true; });
}

namespace {

Result<void> pause_for(interaction::Act& act, storage::PatientKey patient, fhir::Editor encounter) {
  const bool was_paused = followup::is_paused(act, patient);
  if (const auto paused = followup::pause(act, act.patient_id(patient), "Innlagt i sykehus"); !paused) return paused;
  if (!was_paused && followup::is_paused(act, patient))
    set_extension(encounter, names::kPausedFollowUp, "valueBoolean", "true");
  return {};
}

}  // namespace

Result<void> pause_for(Case& c, fhir::Editor encounter) { return pause_for(c.act, c.patient, encounter); }

Result<void> begin_stay(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  auto stay = act.tree(fhir::find_resource_type("Encounter"), row.subject);
  if (!stay || stay->root()["status"].value() != "planned") return {};
  auto encounter = stay->edit();
  const auto patient_id = act.patient_id(row.patient);
  const auto start = norway::parse_moment(encounter["period"]["start"].value());
  const auto patient = act.tree(fhir::find_resource_type("Patient"), patient_id);
  const auto deceased = patient ? patient->root().choice("deceased") : fhir::Element{};
  if (deceased && deceased.value() != "false") {
    encounter.set("status", "cancelled");
  } else if (start && is_over(stays_of(act, patient_id), *start)) {
    encounter.set("status", "finished");
  } else {
    encounter.set("status", "in-progress");
    if (const auto paused = pause_for(act, row.patient, encounter); !paused) return paused;
  }
  return act.update(encounter, row.subject).map([](const auto&) {});
}

void set_extension(fhir::Editor resource, std::string_view url, std::string_view value_name, std::string_view value) {
  drop_extension(resource, url);
  auto extension = resource.add("extension");
  extension.set("url", url);
  extension.set(value_name, value);
}

void drop_extension(fhir::Editor resource, std::string_view url) {
  if (const auto extension = resource.extension(url)) resource.remove_child(extension);
}

void drop_end(fhir::Editor resource) {
  if (!resource["period"]) return;
  resource["period"].remove("end");
  const auto left = resource["period"].children();
  if (left.begin() == left.end()) resource.remove("period");
}

std::string_view work_item(fhir::Element resource) {
  return id_in(resource.extension(names::kWorkItem)["valueReference"]["reference"].value());
}

void set_work_item(fhir::Editor resource, std::string_view task_id) {
  drop_extension(resource, names::kWorkItem);
  auto extension = resource.add("extension");
  extension.set("url", names::kWorkItem);
  extension.ensure("valueReference").set("reference", "Task/" + std::string(task_id));
}

}  // namespace varde::messaging
