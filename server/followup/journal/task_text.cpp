#include "server/followup/journal/task_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/followup/codes.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/situation.h"
#include "server/followup/words.h"

namespace varde::followup::journal {
namespace {

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");

std::string name_of(fhir::Element reference) {
  const auto display = reference["display"].value();
  if (!display.empty()) return std::string(display);
  const auto literal = reference["reference"].value();
  return std::string(literal.empty() ? reference["identifier"]["value"].value() : literal);
}

std::string moment(fhir::Element at, const time::Zone& zone) { return in_words(at.value(), zone); }

// --- readings --------------------------------------------------------------------------------------------------------

std::string all_values(fhir::Element observation) {
  std::string words;
  for (const auto& judged : judgement_of(observation).values)
    if (judged.value.is_usable()) words += (words.empty() ? "" : ", ") + describe(judged);
  if (words.empty()) words = "verdien kan ikke leses";
  return as_sentence(words);
}

void add_reading(const interaction::View& view, const std::string& id, Section& section) {
  const auto tree = view.tree(kObservation, id);
  const auto name = "Observation/" + id;
  if (std::find(section.entries.begin(), section.entries.end(), name) != section.entries.end()) return;
  section.entries.push_back(name);
  if (!tree) {
    section.lines.emplace_back("En måling er slettet: se bort fra den.");
    return;
  }
  const auto measured = in_words(measured_text(tree->root()), view.zone());
  const auto when = measured.empty() ? std::string("uten tidspunkt") : measured;
  if (!stands(tree->root()))
    section.lines.push_back(fmt::format("Målingen ({}) er feilført: se bort fra den.", when));
  else
    section.lines.push_back(fmt::format("{} ({})", all_values(tree->root()), when));
}

// --- messages --------------------------------------------------------------------------------------------------------

void add_message(const interaction::View& view, const std::string& id, Section& section) {
  const auto tree = view.tree(kCommunication, id);
  if (!tree) return;
  const auto message = tree->root();
  const auto when = moment(message["sent"] ? message["sent"] : message["meta"]["lastUpdated"], view.zone());
  const bool by_patient =
      !view.own_id(message["sender"]["reference"].value(), fhir::find_resource_type("Patient")).empty();
  const auto who = by_patient ? std::string("Pasienten") : message["sender"] ? name_of(message["sender"]) : "Vi";
  for (const auto payload : message.each("payload")) {
    if (const auto text = payload["contentString"]; text.has_value()) {
      section.lines.push_back(fmt::format("{} ({}): {}", who, when, text.value()));
    } else if (const auto attachment = payload["contentAttachment"]) {
      const auto title = attachment["title"].value();
      section.lines.push_back(fmt::format("{} ({}): vedlegg «{}»", who, when, title.empty() ? "uten navn" : title));
    }
  }
  section.entries.push_back("Communication/" + id);
}

void add_what_it_is_about(const interaction::View& view, fhir::Element task, Section& readings, Section& messages) {
  const auto focus = task["focus"]["reference"].value();
  if (auto id = view.own_id(focus, kObservation); !id.empty()) add_reading(view, id, readings);
  for (const auto& finding : findings_of(view, task))
    if (!finding.observation.empty()) add_reading(view, finding.observation, readings);
  if (auto id = view.own_id(focus, kCommunication); !id.empty()) add_message(view, id, messages);
  for (const auto output : task.each("output"))
    if (auto id = view.own_id(output["valueReference"]["reference"].value(), kCommunication); !id.empty())
      add_message(view, id, messages);
}

// --- what was done ---------------------------------------------------------------------------------------------------

Section done_with(fhir::Element task, const time::Zone& zone) {
  Section section{"Tiltak"};
  for (const auto output : task.each("output")) {
    const auto outcome =
        coding_of(fhir::view::CodeableConcept::of(output["valueCodeableConcept"]), codes::kTaskOutcome);
    if (const auto display = outcome.display().text(); !display.empty())
      section.lines.push_back(fmt::format("Utfall: {}.", display));
  }
  if (const auto owner = task["owner"]) section.lines.push_back(fmt::format("Utført av: {}.", name_of(owner)));
  for (const auto note : task.each("note")) {
    const auto who =
        note["authorReference"] ? name_of(note["authorReference"]) : std::string(note["authorString"].value());
    section.lines.push_back(
        fmt::format("{}{}: {}", moment(note["time"], zone), who.empty() ? "" : ", " + who, note["text"].value()));
  }
  return section;
}

}  // namespace

std::vector<Section> task_sections(const interaction::View& view, const std::vector<fhir::Tree>& tasks) {
  Section reason{"Bakgrunn"}, readings{"Målinger"}, messages{"Meldinger"};
  for (const auto& tree : tasks) {
    const auto task = tree.root();
    const auto words = std::string(task["description"].value());
    if (!words.empty() && std::find(reason.lines.begin(), reason.lines.end(), words) == reason.lines.end())
      reason.lines.push_back(words);
    reason.entries.push_back(fmt::format("Task/{}", task["id"].value()));
    add_what_it_is_about(view, task, readings, messages);
  }
  std::vector<Section> sections;
  sections.push_back(std::move(reason));
  if (!readings.lines.empty()) sections.push_back(std::move(readings));
  if (!messages.lines.empty()) sections.push_back(std::move(messages));
  if (auto done = done_with(tasks.front().root(), view.zone()); !done.lines.empty())
    sections.push_back(std::move(done));
  return sections;
}

}  // namespace varde::followup::journal
