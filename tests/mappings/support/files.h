#pragma once
/// @file tests/mappings/support/files.h
/// Where the tests of this folder find their messages.
#include <filesystem>
#include <string>
#include <vector>

namespace varde::tests {

/// Our own fixtures: tests/mappings/<type>/*.xml.
std::filesystem::path source();
/// The official material, which is not part of the project (VARDE_REFERENCE, default ../shared). Empty when it is
/// absent.
std::filesystem::path reference();
std::string content(const std::filesystem::path& file);
/// Files below `folder` with that ending, sorted.
std::vector<std::filesystem::path> files(const std::filesystem::path& folder, const std::string& ending);
/// True when the official schemas accept it (xmllint); `complaints` says why not.
bool officially_valid(const std::string& xml, std::string& complaints);

}  // namespace varde::tests
