#pragma once
/// @file server/interaction/named.h
/// Whom a resource names: by every reference in it, by the resources that it holds, and by what these lead to. Asked of
/// the types that may tell of several patients (access/type_group.h).
/// What cannot be told stands for somebody who is not known: a reference to what is not stored here, to elsewhere, or
/// by a name alone; an identifier of nobody; a resource inside that is no known patient's.
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/storage/named_patients.h"
#include "server/storage/storage.h"

namespace varde::interaction {

class Store;

struct Named {
  std::vector<storage::PatientKey> patients;              ///< sorted, each once; none: somebody who is not known
  std::vector<storage::named_patients::Awaited> missing;  ///< what is referred to, and was never stored
};
Named named_in(fhir::Element resource, const storage::Snapshot& snapshot, const Store& store);

}  // namespace varde::interaction
