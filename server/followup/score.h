#pragma once
/// @file server/followup/score.h
/// A score that comes as its parts in one Observation: worked out by the rule `score`, written beside them as a
/// rule-finding, and read from there ever after. Pure.
#include <span>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/time/zone.h"
#include "server/followup/asked.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"

namespace varde::followup {

bool is_score_of_parts(fhir::Element observation);

/// `parts`: as values_of reads them; `sent`: the total, where it came too, which is compared with the sum.
struct SentScore {
  std::vector<MeasuredValue> parts;
  MeasuredValue sent;
};
void add_score(fhir::Editor observation, const SentScore& score, std::span<const Asked> rules, std::string_view plan,
               const rule::Moment& moment);
/// What add_score wrote, as a value.
MeasuredValue read_score(fhir::Element observation);

}  // namespace varde::followup
