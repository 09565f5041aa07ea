#pragma once
/// @file fhir-model/patch/json_patch.h
/// JSON Patch on a resource's JSON form: add, remove, replace, move, copy, test.
/// Source: RFC 6902, RFC 6901, https://hl7.org/fhir/R4/http.html#patch
/// Faults: as patch.h says; those of the JSON codec when the result is no FHIR. Diagnostics name the operation by its
///         index and pointer: "patch[2] (replace /name/0/family): ...".
/// Pure; a JsonPatch may be applied from any thread.
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/patch/document.h"
#include "fhir-model/patch/patch.h"
#include "fhir-model/patch/pointer.h"

namespace varde::fhir {

class JsonPatch {
 public:
  enum class Op : std::uint8_t { add, remove, replace, move, copy, test };

  static Result<JsonPatch> parse(std::string_view text, const PatchLimits& limits = {});

  /// The patched resource. What removing emptied is gone too, since FHIR has no empty elements; the JSON is otherwise
  /// as the operations leave it, decimals to the letter.
  Result<Tree> apply(Element resource, Budget* budget = nullptr) const;
  /// Any JSON, as RFC 6902 has it.
  Result<patch::Value> apply(patch::Value document, Budget* budget = nullptr) const;

 private:
  struct Operation {
    Op op;
    patch::Pointer path, from;
    patch::Value value;
  };
  static Result<Operation> read_operation(patch::Value& item, std::size_t index);
  class Run;

  PatchLimits limits_;
  std::vector<Operation> operations_;
};

}  // namespace varde::fhir
