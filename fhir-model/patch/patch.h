#pragma once
/// @file fhir-model/patch/patch.h
/// What JSON Patch and FHIRPath Patch share. Both are read once and applied to any resource; the resource given is
/// never changed, so that a patch that fails in the middle leaves nothing behind. Source:
/// https://hl7.org/fhir/R4/http.html#patch Faults: patch_malformed (the patch is none), patch_not_applicable (this
/// resource has no such place, or the value does
///         not fit there), patch_test_failed, id_mismatch (the patch would make another resource of it), too_large and
///         too_deep (a limit). The result's own rules are the caller's to judge (validation/).
#include <cstddef>
#include <utility>

#include "fhir-model/budget/budget.h"
#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct PatchLimits {
  std::size_t operations = 10'000;
  std::size_t bytes = 32u << 20;   ///< of the texts in the document, at any moment
  std::size_t values = 1'000'000;  ///< in the document, at any moment
  std::size_t depth = 100;         ///< of the document
  std::size_t steps = 50'000'000;  ///< values looked at, compared, copied or moved aside by all operations together
  Budget* budget = nullptr;        ///< of the request that patches; such a step is a small part of one of its steps

  bool spend(std::size_t taken) const { return budget == nullptr || budget->spend(1 + taken / 16); }
  Failure exhausted(Failure otherwise) const {
    return budget != nullptr && budget->is_spent() ? budget->within().error() : std::move(otherwise);
  }
};

/// A patch changes a resource, but not which one it is: its type and id stay.
Result<void> require_same_identity(Element before, Element after);

}  // namespace varde::fhir
