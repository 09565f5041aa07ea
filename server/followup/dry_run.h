#pragma once
/// @file server/followup/dry_run.h
/// What a plan that is not in force would have said of the readings that are stored: their colour by its limits and
/// rules, beside the colour that they have. Nothing is written. A reading is judged by its number and those before it;
/// a score by its total as it is stored.
/// Source: README.md, "By hand". Faults: those of limits_of; too_costly.
#include <array>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/limits.h"
#include "server/followup/rule/zone.h"
#include "server/interaction/act.h"

namespace varde::followup {

/// A reading whose colour would be another.
struct Recoloured {
  storage::PatientKey patient{};
  storage::ResourceKey observation{};
  storage::Instant time{};
  std::string measure;  ///< key
  std::string text;     ///< in Norwegian
  Zone before = Zone::grey, after = Zone::grey;
};

struct DryRun {
  std::size_t readings = 0;
  std::array<std::size_t, 4> before{}, after{};  ///< of each Zone
  std::size_t changed = 0, worse = 0, better = 0;
  std::vector<Recoloured> examples;  ///< the worst and newest of those that change
};

struct DryRunOf {
  std::vector<MeasureLimits> plan;
  std::vector<storage::PatientKey> patients;
  storage::Instant from, to;
  std::size_t most_examples = 50;
};

Result<DryRun> dry_run(const interaction::View&, const DryRunOf& of);
/// Everybody whom the plan's measures are planned for in a follow-up that is open. Faults: too_costly.
Result<std::vector<storage::PatientKey>> everybody_with(const interaction::View&,
                                                        const std::vector<MeasureLimits>& plan);

}  // namespace varde::followup
