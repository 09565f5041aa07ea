#pragma once
/// @file fhir-model/patch/xml_patch.h
/// XML Patch: add, replace and remove at places of the resource's XML.
/// Source: https://hl7.org/fhir/R4/http.html#patch, RFC 5261
/// Of XPath what names a place: steps by name or *, with [n], [last()], [path='text'] and [@name='text']; @name last.
/// Prefixes are not looked at: all of a resource but its narrative is of one namespace. A narrative is replaced whole.
/// Faults: as patch.h says; `expression` names the operation: "diff.operation[0]".
/// Pure; an XmlPatch may be applied from any thread.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/patch/patch.h"
#include "fhir-model/xml/diff.h"

namespace varde::fhir {

class XmlPatch {
 public:
  static Result<XmlPatch> parse(std::string_view document, const PatchLimits& limits = {});
  Result<Tree> apply(Element resource, Budget* budget = nullptr) const;

  /// One step of a path: "f:name[2][f:use/@value='official']".
  struct Test {
    std::vector<std::string> path;  ///< names; the last may begin with @
    std::string value;
  };
  struct Step {
    std::string name;       ///< without prefix; * any; @value an attribute
    std::size_t index = 0;  ///< from 1; 0: none is said
    bool last = false;
    std::vector<Test> tests;
  };

 private:
  struct Operation {
    xml::Change change;
    std::vector<Step> steps;
  };
  std::vector<Operation> operations_;
};

}  // namespace varde::fhir
