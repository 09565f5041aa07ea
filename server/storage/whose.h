#pragma once
/// @file server/storage/whose.h
/// How it stands in the rows of a resource whose it is: column `patient` of resource, history and the index tables.
/// Where rows may be spread over nodes by patient (sql::Manner::lays_out_by_patient) what is nobody's is spread by its
/// own key, so that one node need not hold it all: below zero, in the order of the keys. Pure.
#include <cstdint>
#include <limits>

#include "server/storage/sql.h"
#include "server/storage/storage.h"

namespace varde::storage {

inline std::int64_t whose_in_row(const sql::Manner& manner, PatientKey patient, ResourceKey resource) {
  if (patient != PatientKey::none || !manner.lays_out_by_patient) return static_cast<std::int64_t>(patient);
  return std::numeric_limits<std::int64_t>::min() + static_cast<std::int64_t>(resource);
}
inline PatientKey whose_of_row(std::int64_t stored) { return stored < 0 ? PatientKey::none : PatientKey{stored}; }

}  // namespace varde::storage
