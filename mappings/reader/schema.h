#pragma once
/// @file mappings/reader/schema.h
/// Message definitions (conformance/messages, format in conformance/README.md) -> XML Schema text.
/// A malformed table is our own mistake: std::logic_error with file and line.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varde::mappings {

struct SchemaText {
  std::string name;  ///< what schemaLocation refers to: "plo-komponent-1.6.txt"
  std::string ns;    ///< target namespace; empty when only other schemas import it
  std::string text;  ///< the XML Schema
};

struct DefinitionText {
  std::string_view name, text;
};

/// One schema per definition, importing one another by name.
std::vector<SchemaText> write_schemas(std::span<const DefinitionText> definitions);

/// The definitions that are built into the binary.
std::vector<DefinitionText> built_in_definitions();

}  // namespace varde::mappings
