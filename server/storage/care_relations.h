#pragma once
/// @file server/storage/care_relations.h
/// Who stands in a care relation to which patient: what access rules ask. A holder is a text, a kind and an identifier:
/// "gp hpr:9144897", "gp org:974589095", "centre org:974589095", "hospital org:993467049", "emergency 9144897".
/// A relation is there for a source (an EpisodeOfCare, an Encounter, the Patient itself) and goes with it.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::care_relations {

struct Relation {
  std::string holder;
  PatientKey patient{};
  std::optional<Instant> until = {};  ///< from then on it is none; nullopt: as long as the source says so
};

/// Whether one of the holders is related to the patient at that time.
bool is_related(const Snapshot&, std::span<const std::string> holders, PatientKey patient, Instant now);
/// Whether anybody of that kind ("centre") is related to the patient.
bool is_anybodys(const Snapshot&, std::string_view kind, PatientKey patient, Instant now);
bool is_built(const Snapshot&);  ///< the relations of what was stored before there were any have been found
void set_built(Transaction&);
/// All that the source says from now on; nothing else of it stays.
void replace(Transaction&, ResourceKey source, std::span<const Relation> relations);

}  // namespace varde::storage::care_relations
