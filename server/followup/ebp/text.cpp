#include "server/followup/ebp/text.h"

#include <fmt/format.h>

#include <array>

#include "server/followup/codes.h"
#include "server/followup/ebp/state.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/words.h"

namespace varde::followup::ebp {
namespace {

const fhir::TypeId kGoal = fhir::find_resource_type("Goal");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
constexpr std::size_t kMost = 100;  ///< goals, measurements

struct ZoneWords {
  Zone zone;
  std::string_view title;
};
// clang-format off
constexpr std::array kZones{
    ZoneWords{Zone::green,  "Grønn sone: som vanlig"},
    ZoneWords{Zone::yellow, "Gul sone: forverring"},
    ZoneWords{Zone::red,    "Rød sone: alvorlig forverring"},
};
// clang-format on

std::string text_of(fhir::Element concept_) {
  const auto text = concept_["text"].value();
  return std::string(text.empty() ? concept_["coding"]["display"].value() : text);
}

Section contacts_of(fhir::Element care_plan) {
  Section section{"Kontakt"};
  for (const auto extension : care_plan.each("extension")) {
    if (extension["url"].value() != codes::kPlanContact) continue;
    const auto part = [&](std::string_view url) { return extension.extension(url)["valueString"].value(); };
    std::string line(part("who"));
    if (const auto telephone = part("telephone"); !telephone.empty()) line.append(", telefon ").append(telephone);
    if (const auto when = part("when"); !when.empty()) line.append(" (").append(when).append(")");
    section.lines.push_back(std::move(line));
  }
  return section;
}

Section standing_of(fhir::Element care_plan, const time::Zone& zone) {
  Section section{"Status"};
  const auto state = state_of(care_plan).value_or(State::draft);
  const auto approval = care_plan.extension(codes::kPlanApproval);
  std::string line = as_sentence(fmt::format("planen er {}", norwegian(state)));
  if (const auto at = approval.extension("at")["valueDateTime"]; at.has_value())
    if (const auto moment = in_words(at.value(), zone); !moment.empty()) line += " " + moment;
  const auto by = approval.extension("by")["valueReference"];
  if (const auto name = by["display"].value(); !name.empty()) line.append(" av ").append(name);
  section.lines.push_back(line + ".");
  if (const auto comment = approval.extension("comment")["valueString"].value(); !comment.empty())
    section.lines.emplace_back(comment);
  return section;
}

std::vector<Section> all_sections(const interaction::View& view, fhir::Element care_plan) {
  std::vector<Section> sections;
  sections.push_back(standing_of(care_plan, view.zone()));
  sections.push_back({"Mål", goals_of(view, care_plan)});
  for (const auto& row : kZones) {
    Section section{row.title, limits_in(view, care_plan, row.zone)};
    for (auto& action : actions_in(care_plan, row.zone)) section.lines.push_back(std::move(action));
    sections.push_back(std::move(section));
  }
  sections.push_back(contacts_of(care_plan));
  Section notes{"Merknad"};
  for (const auto note : care_plan.each("note")) notes.lines.emplace_back(note["text"].value());
  sections.push_back(std::move(notes));
  std::erase_if(sections, [](const Section& section) { return section.lines.empty(); });
  return sections;
}

}  // namespace

std::string_view title_of(fhir::Element care_plan) {
  const auto title = care_plan["title"].value();
  return title.empty() ? "Egenbehandlingsplan" : title;
}

std::vector<std::string> actions_in(fhir::Element care_plan, Zone zone) {
  std::vector<std::string> actions;
  for (const auto activity : care_plan.each("activity")) {
    if (activity.extension(codes::kPlanZone)["valueCode"].value() != code(zone)) continue;
    const auto description = activity["detail"]["description"].value();
    auto text = description.empty() ? text_of(activity["detail"]["code"]) : std::string(description);
    if (!text.empty()) actions.push_back(std::move(text));
  }
  return actions;
}

std::vector<std::string> limits_in(const interaction::View& view, fhir::Element care_plan, Zone zone) {
  std::vector<std::string> lines;
  std::size_t read = 0;
  for (const auto activity : care_plan.each("activity")) {
    const auto id = view.own_id(activity["reference"]["reference"].value(), kServiceRequest);
    if (id.empty() || ++read > kMost) continue;
    const auto tree = view.tree(kServiceRequest, id);
    const auto limits =
        tree ? limits_of(tree->root()) : Result<std::vector<MeasureLimits>>(std::vector<MeasureLimits>{});
    if (!limits) continue;
    for (const auto& each : *limits) {
      const auto* known = find_measure(each.measure);
      for (const auto& range : each.limits.ranges)
        if (range.zone == zone)
          lines.push_back(
              fmt::format("{}: {}", as_sentence(known ? known->name : each.measure), shown_range(each.limits, range)));
    }
  }
  return lines;
}

std::vector<std::string> goals_of(const interaction::View& view, fhir::Element care_plan) {
  std::vector<std::string> goals;
  for (const auto reference : care_plan.each("goal")) {
    const auto literal = reference["reference"].value();
    std::string text(reference["display"].value());
    if (literal.starts_with('#')) {
      for (const auto contained : care_plan.each("contained"))
        if (contained["id"].value() == literal.substr(1)) text = text_of(contained["description"]);
    } else if (const auto id = view.own_id(literal, kGoal); !id.empty() && goals.size() < kMost) {
      if (const auto goal = view.tree(kGoal, id)) text = text_of(goal->root()["description"]);
    }
    if (!text.empty()) goals.push_back(std::move(text));
  }
  return goals;
}

std::vector<Section> sections_of(const interaction::View& view, fhir::Element care_plan) {
  auto sections = all_sections(view, care_plan);
  if (!sections.empty()) sections.front().entries.push_back(fmt::format("CarePlan/{}", care_plan["id"].value()));
  return sections;
}

std::string letter_text(const interaction::View& view, fhir::Element care_plan) {
  std::string text(title_of(care_plan));
  for (const auto& section : all_sections(view, care_plan)) {
    text.append("\n\n").append(section.title);
    for (const auto& line : section.lines) text.append("\n- ").append(line);
  }
  return text;
}

}  // namespace varde::followup::ebp
