#pragma once
/// @file server/followup/asked.h
/// The rules that a plan asks for beside its limits: the extension `rule` of a ServiceRequest.
/// Faults: business_rule, required_missing, value_malformed, each with the place; the words are Norwegian and English,
/// for a nurse may have written it. Pure; safe from any thread.
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/followup/rule/rules.h"

namespace varde::followup {

struct MeasureLimits;

struct Asked {
  const rule::Rule* rule = nullptr;
  rule::Settings settings;
};

/// Reads and proves every rule of the ServiceRequest into the limits of its measure.
Result<void> read_rules(fhir::Element service_request, std::vector<MeasureLimits>& limits);

/// As it stands in the row beside the plan: "persistence:zone=red,times=3".
std::string to_text(const Asked& asked);
/// Throws Damaged.
Asked asked_from_text(std::string_view text);

}  // namespace varde::followup
