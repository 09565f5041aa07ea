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
  registers,    ///< who works where, and with what: nothing of patients
  definitions,  ///< terminology, profiles, forms: nothing of patients
  audit,        ///< who did what
  technical,    ///< of several patients, of none that can be told, or containers of anything
};
inline constexpr std::size_t kTypeGroups = 9;

struct TypeGroupRow {
  TypeGroup group;
  std::string_view name;
  std::string_view types;  ///< with a blank between
};
extern const std::array<TypeGroupRow, kTypeGroups> kTypeGroupRows;

TypeGroup group_of(fhir::TypeId type);
/// Whether a resource of the type that belongs to no patient tells of none, so that the type's rights are enough.
bool is_shared(fhir::TypeId type);

}  // namespace varde::access
