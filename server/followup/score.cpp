#include "server/followup/score.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/view/observation.h"
#include "server/followup/rule/rules.h"
#include "server/followup/rule/score.h"

namespace varde::followup {

namespace {

/// nullopt: there is nothing to add to the total that was sent.
std::optional<RuleFinding> finding_of(Finding found, const MeasuredValue& sent) {
  const bool is_least = found.doubt == Doubt::part_missing;
  if (sent.place && sent.is_usable()) {
    const bool agrees = is_least ? sent.number >= *found.value : sent.number == *found.value;
    if (agrees && (is_least || found.zone == Zone::green)) return std::nullopt;  // a total needs no parts
    if (!agrees) {
      found.zone = Zone::yellow;
      found.text = fmt::format("sendt som {}, men delene gir {}", shown_number(sent.number), found.text);
    }
  }
  return RuleFinding{std::string(rule::kScore.version), found.zone, std::move(found.text), {},
                     number_text(*found.value),         is_least};
}

}  // namespace

bool is_score_of_parts(fhir::Element observation) {
  return observation.count("component") > 0 && rule::is_score(measure_key(observation["code"]));
}

void add_score(fhir::Editor observation, const SentScore& score, std::span<const Asked> rules, std::string_view plan,
               const rule::Moment& moment) {
  std::vector<rule::Part> parts;
  for (const auto& part : score.parts)
    if (part.is_usable()) parts.push_back({part.measure, part.number});
  const auto* known = find_measure(measure_key(observation["code"]));
  const auto asked = std::ranges::find(rules, &rule::kScore, &Asked::rule);
  const rule::Settings settings = asked == rules.end() ? rule::Settings{} : asked->settings;
  const LimitSet none;
  for (auto& found : rule::kScore.evaluate({known, known->name, none, settings}, {{}, {}, {}, parts}, moment))
    if (auto finding = finding_of(std::move(found), score.sent)) add_rule_findings(observation, {*finding}, plan);
}

MeasuredValue read_score(fhir::Element observation) {
  MeasuredValue value;
  value.place = observation;
  value.measure = measure_key(observation["code"]);
  value.known = find_measure(value.measure);
  value.unit = value.sent_unit = value.known->unit;
  value.doubt = Doubt::part_missing;
  for (const auto& found : rule_findings_of(observation)) {
    const auto number = number_of(found.value);
    if (found.rule != rule::kScore.version || !number) continue;
    value.number = *number;
    value.doubt = found.is_least ? Doubt::part_missing : Doubt::none;
  }
  return value;
}

}  // namespace varde::followup
