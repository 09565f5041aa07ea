#pragma once
/// @file server/operation/zip.h
/// A ZIP archive whose entries are stored as they are: what an OOXML file is packed in. Always the same bytes for the
/// same entries. Source: PKWARE APPNOTE 6.3 (local headers, central directory, end record); CRC-32 of ISO 3309. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace varde::operation {

struct ZipEntry {
  std::string name, bytes;
};
/// Below 4 GiB in all.
std::string zip_of(const std::vector<ZipEntry>& entries);

}  // namespace varde::operation
