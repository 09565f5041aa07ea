#pragma once
/// @file server/storage/imports.h
/// How far a file has been imported: written in the transaction that stores its lines, so that an import that was
/// killed goes on where it was, and no line is stored twice.
#include <cstdint>
#include <string>
#include <string_view>

#include "server/storage/storage.h"

namespace varde::storage {

struct ImportState {
  std::uint64_t lines = 0;  ///< that are dealt with
  bool finished = false;
};

namespace imports {
/// `file`: what tells this file from others.
ImportState get(const Snapshot&, std::string_view file);
void put(Transaction&, std::string_view file, const ImportState& state);
}  // namespace imports

}  // namespace varde::storage
