#pragma once
/// @file server/search/parameter.h
/// The search parameters of a resource type, made ready once: the compiled expression, the keys of the rows it is found
/// by, and what it may point to. A parameter whose expression is another one's, or another one's with
/// `.where(resolve() is T)`, makes no rows of its own: `patient` reads the rows of `subject`.
/// Source: https://hl7.org/fhir/R4/searchparameter-registry.html
/// Threads: made once per type under a lock-free once; afterwards immutable.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fhirpath/path.h"
#include "server/storage/storage.h"

namespace varde::search {

struct Parameter {
  std::string_view code;
  fhir::SearchKind kind{};
  std::string_view targets;                 ///< of a reference: allowed types, blank between
  std::vector<fhir::TypeId> target_types;   ///< the same; where R4 names none, every resource type
  std::vector<storage::ParameterKey> keys;  ///< whose rows it is found by; empty for _id and _lastUpdated
  fhir::TypeId only = fhir::TypeId::none;   ///< of those rows, only references to this type
  std::vector<fhir::Path> paths;            ///< what it indexes itself, under its own key
  storage::ParameterKey own_key{};
  storage::ParameterKey
      identifier_key{};  ///< of a reference: rows of Reference.identifier; of a token: of Identifier.type
  std::vector<storage::ParameterKey> identifier_keys;
  storage::ParameterKey text_key{};  ///< of a token or a reference: entries of the words beside it, which no table has
  std::vector<storage::ParameterKey> text_keys;
  storage::ParameterKey long_key{};  ///< of a date: rows of values longer than a day; of a number: those of ranges
  std::vector<storage::ParameterKey> long_keys;  ///< of kinds that have such rows
  struct Component {
    const Parameter* parameter = nullptr;
    bool elsewhere = false;  ///< stands somewhere in the resource, not on the element of the others
  };
  std::vector<Component> components;  ///< of a composite
  bool compartment = false;           ///< places the resource in the patient compartment
  bool narrows = false;               ///< compartment, and the element is not repeatable
  bool single = false;                ///< a resource has one value of it at most
  bool ignores_case = false;          ///< of a token: selects texts and contact points among others
  bool codes_only = false;            ///< selects elements of type code: their system is implied
};

struct TypeParameters {
  fhir::TypeId type;
  std::vector<Parameter> all;  ///< sorted by code; of supported kinds only
  const Parameter* find(std::string_view code) const;
  std::string codes() const;  ///< "_id, _lastUpdated, ..., status" for people
};

/// Whether searches by parameters of that kind work.
bool is_supported(fhir::SearchKind kind);

/// `type` must be a resource type.
const TypeParameters& parameters_of(fhir::TypeId type);

/// "A.b | (A.c as D)" -> {"A.b", "A.c as D"}
std::vector<std::string_view> alternatives(std::string_view expression);
/// Whether it may select anything of that type: it begins with another's name otherwise.
bool is_of(fhir::TypeId type, std::string_view alternative);
/// One that R4 does not define. Faults: those of fhir::Path, not_supported (a kind that has no rows of its own).
Result<Parameter> parameter_of(fhir::TypeId type, std::string_view code, std::optional<fhir::SearchKind> kind,
                               std::string_view expression, std::string_view targets);

}  // namespace varde::search
