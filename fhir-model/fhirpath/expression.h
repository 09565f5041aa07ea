#pragma once
/// @file fhir-model/fhirpath/expression.h
/// The whole FHIRPath grammar as a syntax tree; compile.cpp makes nodes of it that run.
/// Source: https://hl7.org/fhirpath/N1/grammar.html
/// Faults: parameter_malformed, with the position in the expression. Pure; nesting is limited.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct Expression {
  enum class Kind : std::uint8_t {
    context,  ///< what a path without a focus starts from
    empty,    ///< {}
    boolean,
    string,  ///< text: unescaped
    number,
    date,  ///< text without the @
    date_time,
    time,       ///< text without the @T
    quantity,   ///< text: the number; unit: UCUM code or calendar word
    variable,   ///< $this, $index, $total; %name with the sign kept
    member,     ///< focus.text
    function,   ///< focus.text(arguments)
    index,      ///< focus[argument]
    sign,       ///< text is + or -; one operand
    operation,  ///< text is the operator; two operands
    type_is,    ///< focus is text
    type_as,    ///< focus as text
  };
  Kind kind = Kind::context;
  std::string text = {};
  std::string unit = {};
  std::vector<Expression> operands = {};  ///< of member, function, index, is and as: the first is the focus
  std::size_t at = 0;                     ///< offset in the text, of the word that says what it is
  bool calendar = false;                  ///< of a quantity: the unit is a calendar word, not a UCUM code

  const Expression& focus() const { return operands.front(); }
};

Result<Expression> parse_expression(std::string_view text);

}  // namespace varde::fhir
