#pragma once
/// @file fhir-model/xml/diff.h
/// The document of an XML Patch: its operations as they are written, not yet applied to anything.
/// Source: RFC 5261 (add, replace, remove), RFC 7351 (application/xml-patch+xml)
/// Faults: patch_malformed, not_well_formed (also a DTD), encoding_invalid, too_large. Never values.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::fhir::xml {

struct Change {
  enum class Op : std::uint8_t { add, replace, remove } op;
  std::string select;             ///< XPath
  std::string position, type;     ///< of add, as written; may be empty
  std::string content;            ///< XML as written; of an attribute's new value, its text
  std::string text;               ///< the same with references resolved, where it is only text
  std::string declarations = {};  ///< the document's xmlns attributes, as they stand in a tag
  bool has_elements = false;
};

Result<std::vector<Change>> read_diff(std::string_view document, std::size_t most);

}  // namespace varde::fhir::xml
