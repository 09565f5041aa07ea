#pragma once
/// @file fhir-model/validation/shortcuts.h
/// Where constraints on the types that Varde meets all day surely hold, told without FHIRPath. The expression stays the
/// judge: a shortcut that does not answer yes only means that the expression is asked.
#include <span>
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir {

struct ShortcutRow {
  std::string_view defined_by, key;
  bool (*surely_holds)(Element);
  std::string_view rule;  ///< what would be right, in plainer words than the official ones, without the last stop
};

std::span<const ShortcutRow> shortcuts();
/// nullptr when there is none.
const ShortcutRow* find_shortcut(const ConstraintRow& row);

}  // namespace varde::fhir
