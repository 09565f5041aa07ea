#pragma once
/// @file server/followup/window.h
/// Asks the rules of a plan about one value: reads the window that they look back on, one short range of the patient's
/// measurements, and hands it to them. A plan without rules reads nothing.
#include <chrono>
#include <span>
#include <vector>

#include "server/followup/asked.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/rule_finding.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// What a reading's measurements are keyed by: when it was measured, or received when it does not say. A period that
/// still runs counts until now.
Instant time_of(fhir::Element observation, const time::Zone& zone);

/// The same for people, no more exact than it was said: "24.11. kl. 00.30", "24.11.2026", "november 2026", "2026".
std::string time_in_words(fhir::Element observation, const time::Zone& zone);

/// The same of any reading of a window: none that is stored is `judged`.
rule::Told told_of(const interaction::View&, const rule::Point&, fhir::Element judged);

/// One value that is about to be stored.
struct Question {
  storage::PatientKey patient{};
  storage::ResourceKey own{};  ///< of the reading as it is stored; none of a new one
  Instant time{};
  const MeasuredValue& value;
  const LimitSet& limits;
  fhir::Element observation = {};  ///< the reading: how exactly it says when
};
struct Answer {
  std::vector<RuleFinding> findings;  ///< yellow and red
  bool failed = false;                ///< a rule threw
  bool is_newest = false;             ///< no other reading of the measure lies in reach behind it, or at its time
};
Answer ask(const interaction::View&, const Question&, std::span<const Asked> rules);

/// How long after a reading another one may look back on it.
std::chrono::seconds reach_of(std::span<const Asked> rules);
/// The rules of that version of a ServiceRequest, "ServiceRequest/1/_history/2", for the measure.
std::vector<Asked> rules_of_version(const interaction::View&, std::string_view source, std::string_view measure);

}  // namespace varde::followup
