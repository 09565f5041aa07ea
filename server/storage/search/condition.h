#pragma once
/// @file server/storage/search/condition.h
/// What a search asks of a resource, in no engine's words: index rows that it has, joined by and, or and not, and what
/// the resources fit that it refers to (a chain) or that refer to it (_has), at any depth. text.h makes SQL of it, as
/// a question about one resource or as the set of those that fit.
/// Source: https://hl7.org/fhir/R4/search.html
#include <string>
#include <vector>

#include "server/storage/search/range.h"

namespace varde::storage {

/// What a row of a range must be besides.
struct Also {
  enum class Column : std::uint8_t { system, target_type, begin, end, low, high, folded };
  enum class Is : std::uint8_t { equal, below, at_most, above, at_least, holding };  ///< holding: in the folded part
  Column column;
  Is is;
  Cell value;
};

struct Condition {
  enum class Of : std::uint8_t {
    all,       ///< of the parts
    any,       ///< of the parts
    none,      ///< of the parts
    row,       ///< a row of the range that is `also` so
    patients,  ///< belongs to one of them; PatientKey::none: to nobody
    related,   ///< belongs to a patient with whom one of the holders stands in a care relation at that time
    names,     ///< names a patient that parts[0] is true of (named_patients.h)
    refers,    ///< by a row of `keys` to a resource of type `other` that parts[0] is true of
    referred,  ///< a resource of type `other` that parts[0] is true of refers to it by a row of `keys`
  };
  Of of = Of::all;
  std::vector<Condition> parts = {};
  Range range = {};
  std::vector<Also> also = {};
  std::vector<PatientKey> patients = {};
  std::vector<std::string> holders = {};  ///< see care_relations.h
  Instant now{};
  std::vector<ParameterKey> keys = {};
  fhir::TypeId type = fhir::TypeId::none;   ///< of the resources that it is asked of
  fhir::TypeId other = fhir::TypeId::none;  ///< of refers and referred
  bool same_patient = false;                ///< of refers and referred: both belong to the Patient that is meant
};

Condition row_condition(Range range, std::vector<Also> also = {});
Condition all_of(fhir::TypeId type, std::vector<Condition> parts);
Condition any_of(fhir::TypeId type, std::vector<Condition> parts);
Condition none_of(fhir::TypeId type, std::vector<Condition> parts);

/// Whose resources may be seen at all; PatientKey::none stands for what belongs to nobody. Sorted.
struct Restriction {
  std::vector<PatientKey> patients;

  bool allows(PatientKey patient) const;
  Condition condition(fhir::TypeId type) const;
};

/// Whether all that it is true of are found without looking through their type.
bool is_set(const Condition& condition);
/// Whether it is answered for one resource by a look at a few rows, whatever else is stored.
bool is_probe(const Condition& condition);

}  // namespace varde::storage
