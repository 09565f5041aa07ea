#pragma once
/// @file fhir-model/fhirpath/program.h
/// What a Path compiles to: alternatives, each a chain of steps; conditions in where() and boolean expressions.
/// compiler.cpp makes it, path.cpp runs it.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fhirpath/expression.h"

namespace varde::fhir {

struct Condition;

struct Step {
  enum class Op : std::uint8_t {
    of_type,    ///< keeps elements whose type is, or derives from, `type`
    child,      ///< children named `name`, or alternatives of name[x]
    extension,  ///< extensions whose url is `name`
    at_index,   ///< keeps the `index`-th of all that arrive here
    where,      ///< keeps elements that meet `condition`
  };
  Op op;
  TypeId type = TypeId::none;
  std::string name = {};
  /// Of a child step whose parent's type is known: the rows that match. Empty: compare names.
  const ElementRow* first_row = nullptr;
  const ElementRow* last_row = nullptr;
  std::uint32_t index = 0;
  std::uint8_t counter = 0;  ///< which of the run's counters an at_index step counts with
  std::shared_ptr<const Condition> condition = {};
};

inline constexpr std::size_t kMostCounters = 4;

using Chain = std::vector<Step>;
using Alternatives = std::vector<Chain>;

/// FHIRPath booleans have three values: true, false, empty.
struct Condition {
  enum class Op : std::uint8_t {
    conjunction,
    disjunction,
    exclusive,
    implication,
    negation,  // of operands
    exists,
    absent,  // paths select something, nothing
    truth,   // the boolean that paths select
    equals,
    differs,  // what paths select and literal
    is_type,
    resolves_to,  // of what paths select: its type; the type of what it refers to
  };
  Op op;
  std::vector<Condition> operands = {};
  Alternatives paths = {};
  Expression::Kind literal_kind = Expression::Kind::empty;
  std::string literal = {};
  TypeId type = TypeId::none;
};

struct CompiledPath {
  Alternatives alternatives;
  std::shared_ptr<const Condition> condition;  ///< set when the expression is a boolean one
};

Result<CompiledPath> compile_path(const Expression& expression);

}  // namespace varde::fhir
