#pragma once
/// @file server/followup/explanation.h
/// Why a stored reading has its colour: it is judged anew from what is recorded, by the plan it was judged by then.
#include <string>
#include <vector>

#include "server/followup/evaluation.h"
#include "server/interaction/act.h"

namespace varde::followup {

struct AskedRule {
  std::string rule;      ///< "persistence/1"
  std::string settings;  ///< "zone=red, times=3"
};
struct ExplainedValue {
  std::string text;  ///< Norwegian
  Zone zone = Zone::grey;
  std::string limits;  ///< in words
  std::string plan;    ///< versioned ServiceRequest
  std::vector<AskedRule> asked;
  std::vector<RuleFinding> findings;
};
struct Explanation {
  std::string text;            ///< Norwegian, the whole of it in a line
  std::optional<Zone> level;   ///< judged anew
  std::optional<Zone> stored;  ///< as it stands
  std::vector<ExplainedValue> values;
};
/// `observation`: its current version.
Explanation explain(const interaction::View&, const storage::Version& observation);

}  // namespace varde::followup
