#include "server/followup/course/summary.h"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <vector>

#include "fhir-model/time/text.h"
#include "fhir-model/xml/escape.h"
#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/plan_row.h"
#include "server/followup/rule/zone.h"
#include "server/followup/section.h"
#include "server/followup/window.h"
#include "server/followup/words.h"
#include "server/interaction/text.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
const fhir::TypeId kTask = fhir::find_resource_type("Task");
constexpr std::size_t kMostMeasures = 50, kMostTasks = 50;

/// The document while it is put together.
class Document {
 public:
  Document(const interaction::View& view, const std::string& base) : view_(view), base_(base) {}

  void include(fhir::Element resource) {
    const auto name = fmt::format("{}/{}", resource.type_name(), resource["id"].value());
    if (!included_.insert(name).second) return;
    auto entry = rest_.edit().add("entry");
    entry.set("fullUrl", base_ + "/" + name);
    entry.add_copy("resource", resource);
  }
  void include(Section& section, storage::ResourceKey key) {
    const auto version = view_.current(key);
    if (!version || version->method == storage::Method::remove) return;
    const auto tree = interaction::View::tree(*version);
    include(tree.root());
    section.entries.push_back(fmt::format("{}/{}", tree.root().type_name(), version->id));
  }
  /// The composition first, then what it names.
  fhir::Tree finish(fhir::Element composition) const {
    auto tree = fhir::Tree::of("Bundle");
    auto bundle = tree.edit();
    auto identifier = bundle.add("identifier");
    identifier.set("system", "urn:ietf:rfc:3986");
    identifier.set("value", fmt::format("urn:uuid:{}", composition["id"].value()));
    bundle.set("type", "document");
    bundle.set("timestamp", interaction::fhir_instant(view_.now()));
    auto first = bundle.add("entry");
    first.set("fullUrl", fmt::format("urn:uuid:{}", composition["id"].value()));
    first.add_copy("resource", composition);
    for (const auto entry : rest_.root().each("entry")) bundle.add_copy("entry", entry);
    return tree;
  }

 private:
  const interaction::View& view_;
  const std::string& base_;
  fhir::Tree rest_ = fhir::Tree::of("Bundle");
  std::set<std::string> included_;
};

Section course_of(const interaction::View& view, Document& document, storage::PatientKey patient) {
  Section section{"Oppfølging"};
  const auto course = open_course(view, patient);
  const auto tree = course ? view.tree(kEpisodeOfCare, course->episode_id) : std::nullopt;
  if (!tree) {
    section.lines.emplace_back("Pasienten har ikke digital hjemmeoppfølging nå.");
    return section;
  }
  const auto episode = tree->root();
  document.include(episode);
  section.entries.push_back("EpisodeOfCare/" + course->episode_id);
  auto line = as_sentence(norwegian(course->stage));
  std::string_view since = episode["period"]["start"].value();
  for (const auto earlier : episode.each("statusHistory")) since = earlier["period"]["end"].value();
  if (const auto at = in_words(since, view.zone()); !at.empty()) line += " siden " + at;
  if (const auto reason = episode.extension(codes::kPauseReason)["valueString"].value(); !reason.empty())
    line.append(": ").append(reason);
  section.lines.push_back(line + ".");
  const auto state = episode.extension(codes::kPatientState);
  if (const auto zone = zone_of(state.extension("level")["valueCode"].value()))
    section.lines.push_back(fmt::format("Sykepleiers vurdering: {}.", norwegian(*zone)));
  return section;
}

Section plan_of(const interaction::View& view, Document& document, storage::PatientKey patient) {
  Section section{"Grenser i planen"};
  std::set<storage::ResourceKey> told;
  for (const auto& row : storage::limits::all(view, patient)) {
    const auto* known = find_measure(row.measure);
    const auto name = known ? known->name : row.measure;
    try {
      const auto plan = plan_row_from_text(row.limits);
      if (!plan.period.holds(view.now())) continue;
      section.lines.push_back(fmt::format("{}: {}", as_sentence(name), in_words(plan.limits)));
    } catch (const Damaged&) {
      section.lines.push_back(fmt::format("{}: grensene kan ikke leses", as_sentence(name)));
    }
    if (told.insert(row.resource).second) document.include(section, row.resource);
  }
  if (section.lines.empty()) section.lines.emplace_back("Ingen grenser er satt.");
  return section;
}

Section readings_of(const interaction::View& view, Document& document, storage::PatientKey patient) {
  Section section{"Siste målinger"};
  std::set<storage::ResourceKey> told;
  for (const auto& measure : view.measures(patient)) {
    if (section.lines.size() == kMostMeasures) break;
    const auto last = view.measurements(patient, measure, Instant::min(), Instant::max(), 1);
    if (last.empty()) continue;
    const auto& row = last.front();
    const auto* known = find_measure(measure);
    const auto reading = view.tree(row.observation);
    section.lines.push_back(fmt::format(
        "{} {} {} ({}), {}", as_sentence(known ? known->name : measure), shown_number(row.value), shown_unit(row.unit),
        norwegian(zone_of(row.zone).value_or(Zone::grey)),
        reading ? time_in_words(reading->root(), view.zone()) : time::norwegian_text(row.time, view.zone())));
    if (told.insert(row.observation).second) document.include(section, row.observation);
  }
  if (section.lines.empty()) section.lines.emplace_back("Ingen målinger er mottatt.");
  return section;
}

Section work_of(const interaction::View& view, Document& document, storage::PatientKey patient) {
  Section section{"Åpne varsler og oppgaver"};
  storage::worklist::Filter filter;
  filter.least_urgent = INT64_MAX, filter.patient = patient;
  for (const auto& entry : storage::worklist::page(view, filter, {}, kMostTasks)) {
    const auto task = view.tree(kTask, entry.id);
    if (!task) continue;
    section.lines.emplace_back(task->root()["description"].value());
    document.include(section, entry.mark.task);
  }
  if (section.lines.empty()) section.lines.emplace_back("Ingen.");
  return section;
}

}  // namespace

fhir::Tree summary_of(const interaction::View& view, const std::string& patient_id, const std::string& base) {
  Document document(view, base);
  const auto patient = storage::patients::survivor(view, view.patient_key(patient_id));
  auto tree = fhir::Tree::of("Composition");
  auto composition = tree.edit();
  composition.set("id", view.new_id());
  composition.set("status", "final");
  add_coding(composition.add("type"), codes::kLoinc, "60591-5", "Patient summary Document");
  add_reference(composition, "subject", "Patient/" + patient_id);
  composition.set("date", time::fhir_date_time(view.now(), view.zone()));
  composition.add("author").set("display", "Digital hjemmeoppfølging");
  composition.set("title", "Digital hjemmeoppfølging: status");
  if (const auto version = view.tree(kPatient, patient_id)) document.include(version->root());
  for (const auto& section : {course_of(view, document, patient), plan_of(view, document, patient),
                              readings_of(view, document, patient), work_of(view, document, patient)})
    add_section(composition, section);
  return document.finish(tree.root());
}

}  // namespace varde::followup
