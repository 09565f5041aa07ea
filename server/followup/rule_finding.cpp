#include "server/followup/rule_finding.h"

#include "fhir-model/view/data_types.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

bool is_ours(fhir::Element extension) { return extension["url"].value() == codes::kRuleFinding; }

}  // namespace

void add_rule_findings(fhir::Editor measured, const std::vector<RuleFinding>& findings, std::string_view plan) {
  for (const auto& finding : findings) {
    auto extension = measured.add("extension");
    extension.set("url", codes::kRuleFinding);
    const auto part = [&](std::string_view name) {
      auto inner = extension.add("extension");
      inner.set("url", name);
      return inner;
    };
    part("rule").set("valueString", finding.rule);
    part("zone").set("valueCode", code(finding.zone));
    part("text").set("valueString", finding.text);
    if (!finding.value.empty()) part(finding.is_least ? "at-least" : "value").set("valueDecimal", finding.value);
    if (!plan.empty()) add_reference(part("plan"), "valueReference", plan);
    for (const auto& reading : finding.seen) add_reference(part("seen"), "valueReference", reading);
  }
}

std::vector<RuleFinding> rule_findings_of(fhir::Element measured) {
  std::vector<RuleFinding> findings;
  for (const fhir::Element place : measured.each("extension")) {
    if (!is_ours(place)) continue;
    const auto extension = view::Extension::of(place);
    RuleFinding finding{std::string(extension.extension("rule").value().string()),
                        // What says no colour was found all the same.
                        zone_of(extension.extension("zone").value().code().text()).value_or(Zone::grey),
                        std::string(extension.extension("text").value().string()),
                        {},
                        {},
                        false};
    const auto whole = extension.extension("value"), least = extension.extension("at-least");
    finding.is_least = bool(least);
    finding.value = (whole ? whole : least).value().decimal().text();
    for (const auto part : extension.extension())
      if (part.url() == "seen") finding.seen.emplace_back(part.value().reference().reference());
    findings.push_back(std::move(finding));
  }
  return findings;
}

void remove_rule_findings(fhir::Editor measured) { remove_each(measured, "extension", is_ours); }

}  // namespace varde::followup
