#pragma once
/// @file server/followup/reading.h
/// A stored Observation with its judgement, and which of several is the worst.
#include <compare>
#include <memory>
#include <optional>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// The zone first; within it how far beyond the limit, as a part of the limit, so that measures can be compared.
struct Severity {
  Zone level = Zone::grey;
  double beyond = 0;
  auto operator<=>(const Severity&) const = default;
};
Severity severity_of(const Judgement& judgement);

struct Reading {
  storage::Version version;
  std::unique_ptr<fhir::Tree> observation;  ///< `judgement` points into it
  Judgement judgement;
  Instant time;  ///< measured; received when it does not say
};
/// nullopt: deleted, or nobody stands behind it any more.
std::optional<Reading> read_reading(const interaction::View&, storage::ResourceKey observation);

/// What lay outside the green limits.
struct Alarming {
  std::optional<Reading> worst;  ///< of equals the latest
  std::size_t count = 0;         ///< how many readings
};
/// Measured at or after `from` and received at or after `received`.
Alarming alarming_since(const interaction::View&, storage::PatientKey patient, Instant from, Instant received);

}  // namespace varde::followup
