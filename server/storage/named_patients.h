#pragma once
/// @file server/storage/named_patients.h
/// Whom a resource names that may tell of several patients (a Group, an Appointment, a Provenance …): written with it,
/// for searches by who may not see everybody. PatientKey::none: somebody who is not known here, or cannot be told.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::named_patients {

/// All that the resource names from now on; nothing else of it stays.
void replace(Transaction&, ResourceKey resource, std::span<const PatientKey> patients);
std::vector<PatientKey> of(const Snapshot&, ResourceKey resource);
/// Whose a stored resource is, without its bytes, which may be many; nullopt: none of that id was ever stored.
std::optional<PatientKey> owner_of(const Snapshot&, fhir::TypeId type, std::string_view id);
/// The resources that name the patient.
std::vector<ResourceKey> naming(const Snapshot&, PatientKey patient);

/// What such a resource refers to, and is not stored yet.
struct Awaited {
  fhir::TypeId type = fhir::TypeId::none;
  std::string id;
};
/// All that the resource awaits from now on; nothing else of it stays.
void await(Transaction&, ResourceKey resource, std::span<const Awaited> all);
/// Whether anything is awaited; cheap, and asked before the next.
bool is_anything_awaited(const Snapshot&);
/// The resources that await it.
std::vector<ResourceKey> awaiting(const Snapshot&, const Awaited& what);

}  // namespace varde::storage::named_patients
