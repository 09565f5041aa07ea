#pragma once
/// @file mappings/reader/diagnosis.h
/// What Xerces reports, said again without the values that its own texts quote.
#include <functional>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::mappings {

/// One report of Xerces: which rule (domain and code), and its own text, from which only names are taken.
struct Report {
  bool validity;      ///< a schema rule; else well-formedness
  unsigned int code;  ///< xercesc::XMLValid or xercesc::XMLErrs
  std::string text;
};

/// `known` returns the name when it may be quoted, else a neutral word.
Failure diagnose(const Report& report, const std::function<std::string(std::string_view)>& known);

}  // namespace varde::mappings
