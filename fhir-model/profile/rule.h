#pragma once
/// @file fhir-model/profile/rule.h
/// What a profile says, arranged for one walk over a resource: a tree of rules by element name, with slices.
/// Made from a StructureDefinition by draft.h; only what the profile adds to its base type is in it.
/// Source: https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/elementdefinition.html
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/fhirpath.h"

namespace varde::fhir::profile {

struct Constraint {
  std::string key, human;
  bool is_error = true;
  fhirpath::Expression expression;
};

/// One of the types that an element may have.
struct AllowedType {
  std::string code;                   ///< "Quantity"; a resource's name where a resource stands
  TypeId type = TypeId::none;         ///< none when R4 has no such type
  std::vector<std::string> profiles;  ///< of which the element meets one, when there are any
  std::vector<std::string> targets;   ///< of a Reference: canonicals, of which the target meets one
  std::vector<std::string> places;    ///< of a Reference: "contained", "bundled", "referenced"; any when empty
};

/// A step on the way from a sliced element to what tells its slices apart.
struct Step {
  enum class Kind : std::uint8_t { child, resolve, extension, of_type } kind = Kind::child;
  std::string name = {};  ///< of the element, the extension's url, or the type
};

struct Discriminator {
  enum class Kind : std::uint8_t { value, exists, type, profile } kind = Kind::value;
  std::vector<Step> path = {};  ///< empty: $this
};

/// Source: https://hl7.org/fhir/R4/profiling.html#slicing
struct Slicing {
  enum class Rest : std::uint8_t { open, closed, open_at_end };
  std::vector<Discriminator> by = {};
  Rest rest = Rest::open;  ///< whether there may be elements that are in no slice
  bool ordered = false;
};

struct Rule {
  std::string name;  ///< element name as in a path: "component", "value[x]", "valueQuantity"; the type's at the root
  std::string slice = {};   ///< "systolic"; empty unless this is a slice of the element
  std::string source = {};  ///< the profile that spoke last: "https://.../StructureDefinition/bp"
  std::optional<std::uint32_t> min = {}, max = {};  ///< how many; max absent: any number
  std::vector<AllowedType> types = {};              ///< empty: those of the base
  Element fixed = {}, pattern = {}, lowest = {}, highest = {};
  std::optional<std::size_t> most_characters = {};
  std::string value_set = {};  ///< of a required binding
  std::vector<Constraint> constraints = {};
  std::optional<Slicing> slicing = {};
  std::vector<Rule> slices = {};
  std::vector<Rule> children = {};
};

/// Where an extension may stand. Source: https://hl7.org/fhir/R4/defining-extensions.html#context
struct Context {
  enum class Kind : std::uint8_t { element, extension, fhirpath } kind = Kind::element;
  std::string expression;
};

/// A StructureDefinition that constrains a type, ready for use. Immutable; the rules point into `trees`.
struct Profile {
  std::string url;
  TypeId type = TypeId::none;
  Rule root;
  std::vector<Context> contexts;  ///< of an extension
  std::vector<fhirpath::Expression> context_invariants;
  std::vector<std::shared_ptr<const Tree>> trees;  ///< its own definition and its bases'
};

}  // namespace varde::fhir::profile
