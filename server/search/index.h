#pragma once
/// @file server/search/index.h
/// A resource as the rows it will be found by. Runs for every write, on the writer's thread: expressions are compiled
/// once per type, rows point into the resource.
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/search/own_parameters.h"
#include "server/search/value.h"
#include "server/storage/storage.h"

namespace varde::search {

/// Which rules index() makes rows by: another number when it makes others, from a change here or of the zone.
storage::IndexRules index_rules(const time::Zone& zone);

/// Clears `rows` and fills them. Views in them live as long as the resource's tree.
/// `base`: our own public base. `zone`: of dates that say none. `patients` may be null: then logical references stay
/// unresolved. `own`: what is defined beside R4's parameters.
void index(fhir::Element resource, std::string_view base, const time::Zone& zone, const PatientByIdentifier* patients,
           const OwnParameters& own, storage::IndexRows& rows);

/// The patient whose compartment the resource belongs to: the id, or empty. `patient` and `subject` come before the
/// type's other compartment parameters; a Patient belongs to itself. The one answer to whose a resource is: storage
/// keys, search and follow-up all go by it.
std::string compartment_patient(fhir::Element resource, std::string_view base, const PatientByIdentifier* patients);

}  // namespace varde::search
