#pragma once
/// @file mappings/reader/reader.h
/// Bytes -> XmlNode tree, well-formedness and schema validity in one pass. Xerces-C++ stays behind this header.
/// From outside nothing is fetched: a document type declaration is refused, schema locations in the message are
/// ignored. Faults (in Reading::failures): not_well_formed, encoding_invalid, too_deep, too_large, schema_invalid.
/// Their diagnostics name elements and rules that our definitions know, never what the message holds. Any thread may
/// call read; as many run at once as the machine has cores, the others wait their turn.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "mappings/reader/schema.h"
#include "mappings/reader/xml_node.h"

namespace varde::mappings {

struct Reading {
  XmlNode root;  ///< as far as it was read; its name is empty when nothing was
  bool looks_at_bytes =
      false;  ///< a large attachment lies in the bytes that were read (XmlNode::aside): they must stay
  bool well_formed = false;
  bool schema_valid = false;
  std::vector<Failure> failures;  ///< at most XmlReader::kMostFailures, in the order they were met
};

class XmlReader {
 public:
  static constexpr std::size_t kMostFailures = 50;
  static constexpr std::size_t kMostElements = 500'000;

  /// Throws std::logic_error when the schemas do not compile.
  explicit XmlReader(std::vector<SchemaText> schemas);
  ~XmlReader();

  Reading read(std::string_view bytes, std::size_t most_depth = 100) const;
  std::uint64_t readings() const;  ///< how often read has been called

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

/// Reads by the definitions built into the binary. The first call compiles them (about the time of a hundred messages);
/// a server calls it once at start.
const XmlReader& message_reader();

}  // namespace varde::mappings
