#pragma once
/// @file fhir-model/patch/document.h
/// A JSON document that can be changed: what JSON Patch works on. Numbers and strings are kept to the letter.
/// Source: RFC 8259. Faults: those of json/tape.h, and duplicate_key.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "fhir-model/json/tape.h"

namespace varde::fhir::patch {

using json::Kind;

struct Value {
  Kind kind = Kind::null;               ///< object, array, string, number, boolean or null
  std::string text = {};                ///< of a string: unescaped; of a number, true and false: as written
  std::vector<Value> items = {};        ///< of an array and of an object
  std::vector<std::string> names = {};  ///< of an object: one for each item
  bool emptied = false;                 ///< its last item was removed, so that it says nothing more

  bool is_container() const { return kind == Kind::object || kind == Kind::array; }
  /// Position of a member; nullopt when this is no object or has none of that name.
  std::optional<std::size_t> find(std::string_view name) const;
};

/// What a value weighs; all three are sums or maxima over everything inside.
struct Size {
  std::size_t values = 0;
  std::size_t bytes = 0;  ///< of texts and names
  std::size_t depth = 0;  ///< 0 for a text or number, 1 for an array of such
};
Size size_of(const Value& value);

Result<Value> read(std::string_view text, const json::TapeLimits& limits);
void write(const Value& value, std::string& out);

/// Equal as RFC 6902 §4.6 says: members in any order, numbers by their value.
bool equal(const Value& a, const Value& b);
/// "1.0", "1" and "10e-1" are the same number, exactly and whatever its size.
bool same_number(std::string_view a, std::string_view b);

}  // namespace varde::fhir::patch
