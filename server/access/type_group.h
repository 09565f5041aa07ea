#pragma once
/// @file server/access/type_group.h
/// Resource types by what they tell of whom: what roles are given rights over.
/// A type that stands in no row is `technical`: nobody gets at it by a role that sees some patients only.
#include <array>
#include <cstdint>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::access {

enum class TypeGroup : std::uint8_t {
  person,       ///< who the patient is
  measurement,  ///< what was measured and answered
  plan,         ///< what is agreed
  work,         ///< what is to be done, and what was said about it
  clinical,     ///< whatever else of the record belongs to one patient
  several,      ///< may tell of several patients: seen by who may see all whom one names
  registers,    ///< who works where, and with what: nothing of patients
  definitions,  ///< terminology, profiles, forms: nothing of patients
  audit,        ///< who did what
  technical,    ///< whatever else: nobody gets at it by a role that sees some patients only
};
inline constexpr std::size_t kTypeGroups = 10;

struct TypeGroupRow {
  TypeGroup group;
  std::string_view name;
  std::string_view types;  ///< with a blank between
};
extern const std::array<TypeGroupRow, kTypeGroups> kTypeGroupRows;

TypeGroup group_of(fhir::TypeId type);
/// Whether a resource of the type may tell of several patients, whoever it belongs to.
bool tells_of_several(fhir::TypeId type);
/// Whether one of such a type that names nobody tells of nobody: times that are offered.
bool may_name_nobody(fhir::TypeId type);
/// Whether a resource of the type that belongs to no patient tells of none, so that the type's rights are enough.
bool is_shared(fhir::TypeId type);

}  // namespace varde::access
