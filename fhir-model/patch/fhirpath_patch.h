#pragma once
/// @file fhir-model/patch/fhirpath_patch.h
/// FHIRPath Patch: a Parameters resource of operations add, insert, delete, replace and move.
/// Source: https://hl7.org/fhir/R4/fhirpatch.html
/// Faults: as patch.h says; `expression` names the part of the Parameters: "Parameters.parameter[0].part[1]". What a
///         path says is never repeated, for it may hold a patient's identifier.
/// Pure; a FhirPathPatch may be applied from any thread.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/patch/patch.h"

namespace varde::fhir {

class FhirPathPatch {
 public:
  enum class Op : std::uint8_t { add, insert, remove, replace, move };

  static Result<FhirPathPatch> parse(Tree parameters, const PatchLimits& limits = {});

  /// The patched resource. An element that is left empty goes too, since FHIR has no empty elements.
  Result<Tree> apply(Element resource, Budget* budget = nullptr) const;

 private:
  struct Operation {
    Op op;
    Element path_part, value_part;  ///< in parameters_
    fhirpath::Expression path;
    Element name_part;
    std::size_t index = 0, source = 0, destination = 0;
    std::optional<fhirpath::Expression> owner = {};  ///< of an insert: the path without its last step
    std::string list = {};                           ///< of an insert: that step
  };
  static Result<Operation> read_operation(Element parameter);
  class Run;

  std::shared_ptr<const Tree> parameters_;  ///< the operations point into it
  PatchLimits limits_;
  std::vector<Operation> operations_;
};

}  // namespace varde::fhir
