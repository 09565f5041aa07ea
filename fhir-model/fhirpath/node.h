#pragma once
/// @file fhir-model/fhirpath/node.h
/// An expression ready to run: names, types, functions and literals are looked up once, in compile.cpp.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fhir-model/fhirpath/value.h"

namespace re2 {
class RE2;
}

namespace varde::fhirpath {

struct FunctionRow;

/// A type as `is`, `as` and ofType() name it. Unqualified names look in both namespaces.
struct TypeSpecifier {
  SystemType system = SystemType::none;
  TypeId fhir = TypeId::none;
  bool any = false;  ///< System.Any
};

enum class Operator : std::uint8_t {
  // clang-format off
  equal, not_equal, equivalent, not_equivalent,
  less, less_or_equal, greater, greater_or_equal,
  add, subtract, multiply, divide, div, mod, concatenate,
  logical_and, logical_or, logical_xor, implies,
  in, contains, unite,
  // clang-format on
};

struct Node {
  enum class Op : std::uint8_t {
    literal,     ///< `literal`; {} is an empty one
    self,        ///< $this, and what a path without a focus starts from
    index,       ///< $index
    total,       ///< $total
    variable,    ///< %name
    first_step,  ///< name at the start of a path: the context's type, or a child
    child,       ///< operands[0].name
    children,    ///< operands[0].children()
    extension,   ///< operands[0].extension(operands[1])
    where,       ///< operands[0].where(operands[1])
    select,      ///< operands[0].select(operands[1])
    of_type,     ///< operands[0].ofType(type)
    first,       ///< operands[0].first()
    count,       ///< operands[0].count()
    exists,      ///< operands[0].exists(), perhaps with a criterion
    empty,       ///< operands[0].empty()
    negation,    ///< operands[0].not()
    has_value,   ///< operands[0].hasValue()
    function,    ///< operands[0].name(the other operands): all other functions
    at_index,    ///< operands[0][operands[1]]
    plus,
    minus,      ///< signs
    operation,  ///< operands[0] `oper` operands[1]
    is,
    as,           ///< operands[0] is `type`
    resolves_to,  ///< operands[0].resolve() is `type`: the reference's text may say it without fetching
  };
  Op op = Op::self;
  Operator oper = {};
  std::string name = {};
  TypeSpecifier type = {};
  const FunctionRow* function = nullptr;
  std::vector<Node> operands = {};
  Collection literal = {};
  std::shared_ptr<const re2::RE2> pattern = {};  ///< of matches() and its like, when it is a literal
  std::size_t at = 0;                            ///< where it stands in the text
  bool defines = false;                          ///< variables are made in it, and are forgotten after it

  const Node& focus() const { return operands.front(); }
};

}  // namespace varde::fhirpath
