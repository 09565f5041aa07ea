#include "server/storage/search/condition.h"

#include <algorithm>

namespace varde::storage {
namespace {

Condition joined(Condition::Of of, fhir::TypeId type, std::vector<Condition> parts) {
  Condition out;
  out.of = of, out.type = type, out.parts = std::move(parts);
  return out;
}

}  // namespace

Condition row_condition(Range range, std::vector<Also> also) {
  Condition out;
  out.of = Condition::Of::row, out.range = std::move(range), out.also = std::move(also);
  return out;
}

Condition all_of(fhir::TypeId type, std::vector<Condition> parts) {
  return joined(Condition::Of::all, type, std::move(parts));
}
Condition any_of(fhir::TypeId type, std::vector<Condition> parts) {
  return joined(Condition::Of::any, type, std::move(parts));
}
Condition none_of(fhir::TypeId type, std::vector<Condition> parts) {
  return joined(Condition::Of::none, type, std::move(parts));
}

bool Restriction::allows(PatientKey patient) const { return std::ranges::binary_search(patients, patient); }

Condition Restriction::condition(fhir::TypeId type) const {
  Condition out;
  out.of = Condition::Of::patients, out.type = type, out.patients = patients;
  return out;
}

bool is_set(const Condition& condition) {
  using Of = Condition::Of;
  switch (condition.of) {
    case Of::row: return true;
    case Of::all: return std::ranges::any_of(condition.parts, is_set);
    case Of::any: return std::ranges::all_of(condition.parts, is_set);
    case Of::refers: return is_set(condition.parts.front());
    case Of::referred: return condition.same_patient && is_set(condition.parts.front());
    case Of::none:
    case Of::related:
    case Of::names:
    case Of::patients: return false;
  }
  return false;
}

bool is_probe(const Condition& condition) {
  using Of = Condition::Of;
  switch (condition.of) {
    case Of::all:
    case Of::any:
    case Of::names:
    case Of::none: return std::ranges::all_of(condition.parts, is_probe);
    case Of::related:
    case Of::patients: return true;
    case Of::row:
      switch (condition.range.walk) {
        case Walk::code:
        case Walk::code_of_patient:
        case Walk::target:
        case Walk::target_of_patient:
        case Walk::word:
        case Walk::ids:
        case Walk::updated: return true;
        default: return false;
      }
    case Of::refers:
    case Of::referred: return false;
  }
  return false;
}

}  // namespace varde::storage
