#pragma once
/// @file server/search/cursor.h
/// The opaque text that a `next` link carries: where the page ended and, for a search that came by POST, what was
/// asked. Sealed by AES-256-GCM, so that nobody reads an identity number out of a link, and a changed one is
/// recognised. The key lives in the data directory: links survive a restart and a copy of the data. Faults:
/// parameter_malformed (not sealed by this key). Safe from any thread.
#include <array>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::search {

class CursorKey {
 public:
  /// Reads DIRECTORY/cursor.key, or makes it (mode 0600) from the system's randomness.
  static CursorKey in_directory(const std::string& directory);
  /// Of such bytes: the one that all processes on a store have, so that a link of one is followed at another.
  static CursorKey of(std::string_view bytes);
  std::string_view text() const { return {reinterpret_cast<const char*>(key_.data()), key_.size()}; }

  std::string seal(std::string_view text) const;  ///< compressed; base64url, safe in a URL
  Result<std::string> open(std::string_view sealed) const;

 private:
  explicit CursorKey(const std::array<unsigned char, 32>& key) : key_(key) {}
  std::array<unsigned char, 32> key_;
};

}  // namespace varde::search
