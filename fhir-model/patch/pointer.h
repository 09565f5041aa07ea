#pragma once
/// @file fhir-model/patch/pointer.h
/// JSON Pointer: "/name/0/given/-". Source: RFC 6901. Pure.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varde::fhir::patch {

class Pointer {
 public:
  /// nullopt: no pointer; it is empty or starts with a slash, and ~ stands only in ~0 and ~1.
  static std::optional<Pointer> parse(std::string_view text);

  const std::vector<std::string>& steps() const { return steps_; }  ///< unescaped
  bool is_root() const { return steps_.empty(); }
  /// True when `this` names a place inside `other`.
  bool is_inside(const Pointer& other) const;
  /// As it was written, cut when it is very long; for messages.
  std::string text() const;

 private:
  std::string written_;
  std::vector<std::string> steps_;
};

/// "0", "17": no sign, no leading zeros. nullopt for anything else, also for what no list can hold.
std::optional<std::size_t> list_index(std::string_view step);

}  // namespace varde::fhir::patch
