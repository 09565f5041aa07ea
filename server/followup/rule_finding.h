#pragma once
/// @file server/followup/rule_finding.h
/// What the rules beside the limits found, as it stands in the Observation (or the component) that brought it up: the
/// extension `rule-finding` with rule, colour, words, plan and the readings that were looked at. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/rule/zone.h"

namespace varde::followup {

struct RuleFinding {
  std::string rule;  ///< its version, such as "persistence/1"
  Zone zone = Zone::yellow;
  std::string text;               ///< Norwegian, for the nurse
  std::vector<std::string> seen;  ///< versioned Observations
  std::string value = {};         ///< of a score: what was worked out
  bool is_least = false;          ///< `value` is what it is at least, for parts are missing

  bool says_the_same_as(const RuleFinding& other) const {
    return rule == other.rule && zone == other.zone && text == other.text && value == other.value;
  }
};

void add_rule_findings(fhir::Editor measured, const std::vector<RuleFinding>& findings, std::string_view plan);
std::vector<RuleFinding> rule_findings_of(fhir::Element measured);
void remove_rule_findings(fhir::Editor measured);

}  // namespace varde::followup
