#pragma once
// The official schemas and messages (VARDE_REFERENCE, default ../shared beside the source tree), the oracle of these
// tests.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mappings/reader/reader.h"

namespace varde::mappings::test {

std::string file_content(const std::filesystem::path& path);

/// The folder "kith" of the reference data; empty path when absent.
std::filesystem::path kith();

/// Reads by the official schemas.
std::unique_ptr<XmlReader> official_reader();

/// Every message below samples/ and acceptance/ whose payload our definitions cover, sorted.
std::vector<std::filesystem::path> covered_messages();

/// Our own fixtures, tests/mappings_envelope/fixtures.
std::string fixture(const std::string& name);

}  // namespace varde::mappings::test

#define NEEDS_REFERENCE()                      \
  if (::varde::mappings::test::kith().empty()) \
  GTEST_SKIP()                                 \
      << "THE REFERENCE DATA IS ABSENT: set VARDE_REFERENCE to the folder that holds kith/; nothing was checked"
