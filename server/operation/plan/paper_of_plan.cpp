#include "server/operation/plan/paper_of_plan.h"

#include <array>

#include "fhir-model/time/text.h"
#include "server/followup/ebp/text.h"
#include "server/operation/paper.h"
#include "server/operation/whose.h"

namespace varde::operation {
namespace {

struct Ground {
  std::string_view begins;  ///< of the section's title
  drawing::Colour colour;
};
// Different in lightness, for paper without colours.
constexpr std::array kGrounds{Ground{"Grønn", {205, 235, 205}}, Ground{"Gul", {250, 225, 130}},
                              Ground{"Rød", {235, 150, 140}}};

void begin(Paper& paper, std::string_view title) {
  for (const auto& ground : kGrounds)
    if (title.starts_with(ground.begins)) return paper.band(title, ground.colour);
  paper.heading(title);
}

}  // namespace

std::string paper_of_plan(const interaction::View& view, fhir::Element care_plan) {
  const auto patient = view.own_id(care_plan["subject"]["reference"].value(), fhir::find_resource_type("Patient"));
  const std::string title(followup::ebp::title_of(care_plan));
  Paper paper(title, whose(view, patient));
  for (const auto& section : followup::ebp::sections_of(view, care_plan)) {
    begin(paper, section.title);
    for (const auto& line : section.lines) paper.bullet(line);
  }
  const auto pages = std::move(paper).finish("Skrevet ut " + time::norwegian_text(view.now(), view.zone()));
  return drawing::to_pdf(pages, {title, "Egenbehandlingsplan"});
}

}  // namespace varde::operation
