#include "server/followup/explanation.h"

#include <fmt/format.h>

#include "server/followup/asked.h"
#include "server/followup/unjudged.h"
#include "server/followup/window.h"
#include "server/followup/words.h"

namespace varde::followup {

namespace {

std::string text_of(const Judged& judged) {
  const auto why = why_unjudged(judged);
  if (judged.finding.zone == Zone::grey && !judged.counts)
    return fmt::format("{} er en del av en skår, og har ingen egne grenser", measure_label(judged.value));
  if (judged.finding.zone == Zone::grey) return why;
  auto text = describe(judged);
  if (!why.empty()) text += "; " + why;
  return text;
}

std::vector<AskedRule> asked_of(const interaction::View& view, const Judged& judged) {
  std::vector<AskedRule> rules;
  for (const auto& asked : rules_of_version(view, judged.source, judged.value.measure)) {
    AskedRule row{std::string(asked.rule->version), {}};
    for (const auto& [name, value] : asked.settings.values())
      row.settings += fmt::format("{}{}={}", row.settings.empty() ? "" : ", ", name, value);
    rules.push_back(std::move(row));
  }
  return rules;
}

}  // namespace

Explanation explain(const interaction::View& view, const storage::Version& observation) {
  const auto stored = interaction::View::tree(observation);
  auto again = fhir::Tree::copy_of(stored.root());
  Explanation explanation;
  explanation.stored = level_of(stored.root());
  if (!stands(stored.root())) {
    explanation.text = "Målingen er trukket tilbake eller har ingen verdi ennå, og er ikke vurdert";
    return explanation;
  }
  const auto judgement = judge(view, observation.patient, again.edit(), stored.root());
  explanation.level = level_of(again.root());
  for (const auto& judged : judgement.values) {
    explanation.values.push_back({as_sentence(text_of(judged)), judged.counts ? judged.level() : Zone::grey,
                                  in_words(judged.limits), judged.source, asked_of(view, judged), judged.beyond});
    auto& text = explanation.text;
    text += (text.empty() ? "" : ". ") + explanation.values.back().text;
    for (const auto& found : judged.beyond) text += ". " + as_sentence(found.text);
  }
  const auto colour = explanation.level ? as_sentence(norwegian(*explanation.level)) : "Ingen farge";
  explanation.text = judgement.values.empty() ? "Målingen har ingen verdi som vurderes"
                                              : fmt::format("{}: {}.", colour, explanation.text);
  if (explanation.level != explanation.stored && explanation.stored)
    explanation.text += fmt::format(" Lagret som {}: det som er lagret rundt målingen, er endret siden.",
                                    norwegian(*explanation.stored));
  return explanation;
}

}  // namespace varde::followup
