#include "server/followup/work/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/opening.h"
#include "server/followup/work/referral.h"
#include "server/followup/work/step.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::followup {
namespace {

using storage::DueKind;
using storage::PatientKey;

const fhir::TypeId kTask = fhir::find_resource_type("Task");
constexpr std::size_t kAtOnce = 200;  ///< Tasks that get their rows in one go

// --- when ------------------------------------------------------------------------------------------------------------

Instant due_of(const ColourRow& row, const Agreement& agreement, const Service& service, Instant now,
               const time::Zone& zone) {
  const auto& hours = service.hours;
  const auto within = [&](std::chrono::minutes time) {
    return row.colour == Colour::red ? now + time : after_open_time(now, time, hours, zone);
  };
  for (const auto& own : agreement.responses)
    if (own.colour == row.colour) return within(own.time);
  const auto [response, amount] = service.responses.at(static_cast<std::size_t>(row.colour));
  switch (response) {
    case Response::minutes: return within(std::chrono::minutes(amount));
    case Response::shift: return end_of_shift(now, hours, zone);
    case Response::shifts: {
      auto end = end_of_shift(now, hours, zone);
      for (int i = 0; i < amount; ++i) end = end_of_shift(end, hours, zone);
      return end;
    }
    case Response::days: return end_of_shift(now + std::chrono::days(amount), hours, zone);
  }
  return now;
}

std::optional<Instant> stated_due(fhir::Element task, const time::Zone& zone) {
  const auto text = task["restriction"]["period"]["end"].value();
  const auto due = text.empty() ? Result<Instant>(fail(Fault::value_malformed, {})) : parse_instant(text, zone);
  return due ? std::optional(*due) : std::nullopt;
}

void tag(fhir::Editor task, const ColourRow& colour) {
  auto meta = task.ensure("meta");
  remove_each(meta, "tag", [](fhir::Element tag) { return tag["system"].value() == codes::kTaskColour; });
  auto added = meta.add("tag");
  added.set("system", codes::kTaskColour);
  added.set("code", colour.code);
  added.set("display", colour.name);
}

// --- nobody takes it -------------------------------------------------------------------------------------------------

std::size_t steps_taken(fhir::Element task) {
  const auto text = task.extension(codes::kEscalation)["valueInteger"].value();
  std::size_t taken = 0;
  std::from_chars(text.data(), text.data() + text.size(), taken);
  return taken;
}

std::vector<const ChainStep*> chain_for(const Agreement& agreement, Colour colour) {
  std::vector<const ChainStep*> steps;
  for (const auto& step : agreement.chain)
    if (!step.colour || *step.colour == colour) steps.push_back(&step);
  return steps;
}

Instant opened_at(fhir::Element task, const interaction::View& view) {
  return parse_instant(task["authoredOn"].value(), view.zone()).value_or(view.now());
}

/// When it is told on next: by the chain, and when it has run out at the due time. nullopt: it was told to all.
std::optional<Instant> next_step_at(fhir::Element task, const Agreement& agreement, Colour colour,
                                    const OpeningHours& hours, const interaction::View& view) {
  const auto steps = chain_for(agreement, colour);
  const auto taken = steps_taken(task);
  if (taken > steps.size()) return std::nullopt;
  if (taken == steps.size()) return stated_due(task, view.zone());
  const auto opened = opened_at(task, view);
  const auto& step = *steps[taken];
  return colour == Colour::red ? opened + step.after : after_open_time(opened, step.after, hours, view.zone());
}

void add_note(fhir::Editor task, std::string_view text, Instant now) {
  auto note = task.add("note");
  note.set("time", interaction::fhir_instant(now));
  note.set("text", text);
}

void count_step(fhir::Editor task, std::size_t taken) {
  auto extension = task.edit(task.extension(codes::kEscalation));
  if (!task.extension(codes::kEscalation)) {
    extension = task.add("extension");
    extension.set("url", codes::kEscalation);
  }
  extension.set("valueInteger", std::to_string(taken));
}

std::string name_of(fhir::Element reference) {
  const auto display = reference["display"].value();
  return std::string(display.empty() ? reference["reference"].value() : display);
}

}  // namespace

void prepare_work(const interaction::View& view, fhir::Editor task, const interaction::Pending& pending,
                  const Service& service) {
  const auto colour = colour_of(task);
  if (!colour) return;
  const auto& row = row_of(*colour);
  tag(task, row);
  tell_progress(task);
  if (!is_open(task)) return;
  const auto before = pending.previous ? colour_of(pending.previous) : std::nullopt;
  const bool worse = before && *colour < *before;
  auto due = stated_due(task, view.zone());
  if (!due && pending.previous) due = stated_due(pending.previous, view.zone());
  if (!due || worse) {
    const auto patient = storage::patients::survivor(view, pending.patient);
    const auto usual = due_of(row, agreement_of(view, patient), service, view.now(), view.zone());
    due = due ? std::min(*due, usual) : usual;
  } else if (stated_due(task, view.zone())) {
    return;  // as it was said
  }
  auto period = task.ensure("restriction").ensure("period");
  // A period may not end before it starts.
  if (const auto start = parse_instant(period["start"].value(), view.zone()); start && *start > *due) return;
  period.set("end", interaction::fhir_instant(*due));
}

void follow_work(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  const auto& version = stored.version;
  const auto task = stored.resource;
  if (stored.previous && stored.previous_patient != version.patient)
    storage::due::remove(act, DueKind::escalation, stored.previous_patient, version.id);
  const auto colour = task ? colour_of(task) : std::nullopt;
  if (!colour || !is_open(task)) {
    if (stored.previous && colour_of(stored.previous)) {
      storage::worklist::remove(act, version.key);
      storage::due::remove(act, DueKind::escalation, version.patient, version.id);
      storage::due::remove(act, DueKind::snooze, version.patient, version.id);
    }
    return;
  }
  const auto agreement = agreement_of(act, version.patient);
  auto group = std::string(task["groupIdentifier"]["value"].value());
  if (group.size() > 256) group.resize(256);
  storage::worklist::put(act, {.task = version.key,
                               .patient = version.patient,
                               .colour = static_cast<std::int64_t>(*colour),
                               .due = stated_due(task, act.zone()).value_or(act.now()),
                               .opened = opened_at(task, act),
                               .owner = party_key(task["owner"]),
                               .district = agreement.district,
                               .group = std::move(group),
                               .is_new = version.version == 1});
  const auto at = is_untouched(task) && row_of(*colour).escalates
                      ? next_step_at(task, agreement, *colour, service.hours, act)
                      : std::nullopt;
  if (at)
    storage::due::put(act, {DueKind::escalation, version.patient, version.id, *at});
  else if (stored.previous)
    storage::due::remove(act, DueKind::escalation, version.patient, version.id);
}

void follow_district(interaction::Act& act, PatientKey patient) {
  if (patient != PatientKey::none) storage::worklist::move_patient(act, patient, agreement_of(act, patient).district);
}

Result<void> escalate(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  auto tree = read_task(act, row.subject);
  const auto colour = tree ? colour_of(tree->root()) : std::nullopt;
  if (!colour || !is_untouched(tree->root())) return {};
  const auto agreement = agreement_of(act, row.patient);
  const auto steps = chain_for(agreement, *colour);
  auto taken = steps_taken(tree->root());
  auto task = tree->edit();
  // Whom nobody here knows hears nothing: the next one is told, now.
  for (; taken < steps.size() && !check_recipient(act, steps[taken]->who.root(), "who"); ++taken)
    add_note(
        task,
        fmt::format("{} i varslingskjeden finnes ikke her (trinn {}).", name_of(steps[taken]->who.root()), taken + 1),
        act.now());
  if (taken < steps.size()) {
    const auto who = steps[taken]->who.root();
    task.remove("owner");
    task.add_copy("owner", who);
    add_note(task, fmt::format("Ingen har tatt oppgaven. Varslet videre til {} (trinn {}).", name_of(who), taken + 1),
             act.now());
  } else {
    add_note(task,
             fmt::format("Fristen {} er ute, og ingen har tatt oppgaven.", time::norwegian_text(row.at, act.zone())),
             act.now());
    if (*colour == Colour::red) task.set("priority", "stat");
  }
  count_step(task, taken + 1);
  task.set("lastModified", interaction::fhir_instant(act.now()));
  return act.update(task, row.subject).map([](const auto&) {});
}

Result<void> wake(interaction::Act& act, const storage::DueRow& row) {
  storage::due::remove(act, row.kind, row.patient, row.subject);
  auto tree = read_task(act, row.subject);
  if (!tree || tree->root()["status"].value() != "on-hold") return {};
  auto task = tree->edit();
  task.set("status", task["owner"] ? "in-progress" : "requested");
  task.remove("statusReason");
  remove_each(task, "extension", [](fhir::Element each) { return each["url"].value() == codes::kSnoozedUntil; });
  add_note(task, fmt::format("Utsatt til {}: varsles på nytt.", time::norwegian_text(row.at, act.zone())), act.now());
  task.set("lastModified", interaction::fhir_instant(act.now()));
  return act.update(task, row.subject).map([](const auto&) {});
}

Result<void> fill_worklist(interaction::Act& act, const storage::DueRow& row, const Service& service) {
  std::int64_t after = 0;
  std::from_chars(row.subject.data(), row.subject.data() + row.subject.size(), after);
  const auto keys =
      static_cast<const storage::Snapshot&>(act).live_resources(static_cast<storage::ResourceKey>(after), kAtOnce);
  for (const auto key : keys) {
    auto version = act.current(key);
    if (!version || version->type != kTask) continue;
    const auto tree = act.tree(*version);
    version->patient = storage::patients::survivor(act, version->patient);
    follow_work(act, {*version, tree.root(), {}}, service);
  }
  storage::due::remove(act, row.kind, row.patient, row.subject);
  if (keys.size() == kAtOnce)
    storage::due::put(act, {row.kind, row.patient, std::to_string(static_cast<std::int64_t>(keys.back())), act.now()});
  return {};
}

}  // namespace varde::followup
