#include "fhir-model/definitions/definitions.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "fhir-model/definitions/tables.h"

namespace varde::fhir {

std::span<const TypeRow> types() { return {tables::kTypes, tables::kTypeCount}; }
std::span<const ElementRow> elements() { return {tables::kElements, tables::kElementCount}; }
std::span<const SearchParameterRow> search_parameters() {
  return {tables::kSearchParameters, tables::kSearchParameterCount};
}
std::span<const CompositeRow> composites() { return {tables::kComposites, tables::kCompositeCount}; }

std::string_view components_of(TypeId type, std::string_view code) {
  const auto all = composites();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& row) { return row.type == type && row.code == code; });
  return found == all.end() ? std::string_view() : found->components;
}

std::span<const CompartmentRow> patient_compartment() { return {tables::kCompartment, tables::kCompartmentCount}; }

std::span<const CompartmentRow> patient_compartment(TypeId type) {
  const auto all = patient_compartment();
  const auto less = [](const CompartmentRow& row, TypeId wanted) { return row.type < wanted; };
  const auto first = std::lower_bound(all.begin(), all.end(), type, less);
  const auto last = std::find_if(first, all.end(), [&](const CompartmentRow& row) { return row.type != type; });
  return {first, last};
}

TypeId find_type(std::string_view name) {
  const auto all = types();
  const auto found = std::ranges::lower_bound(all, name, {}, &TypeRow::name);
  if (found == all.end() || found->name != name) return TypeId::none;
  return static_cast<TypeId>(found - all.begin());
}

TypeId find_resource_type(std::string_view name) {
  const TypeId type = find_type(name);
  return type != TypeId::none && is_resource(type) ? type : TypeId::none;
}

std::span<const ElementRow> elements_of(TypeId type) {
  const TypeRow& row = row_of(type);
  return {tables::kElements + row.first_element, row.element_count};
}

namespace {

template <class Word>
bool same_ends(const char* a, const char* b, std::size_t size) {
  Word first[2], last[2];
  std::memcpy(first, a, sizeof(Word)), std::memcpy(first + 1, b, sizeof(Word));
  std::memcpy(last, a + size - sizeof(Word), sizeof(Word)),
      std::memcpy(last + 1, b + size - sizeof(Word), sizeof(Word));
  return first[0] == first[1] && last[0] == last[1];
}

/// memcmp without the call and without a loop: nearly all names are short, and first and last words that overlap cover
/// them.
bool same_text(const char* a, const char* b, std::size_t size) {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return same_ends<std::uint64_t>(a, b, size);
  if (size >= 4) return same_ends<std::uint32_t>(a, b, size);
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

/// Every element by its type and name: the codecs ask once for each element they read, so it is a hash table with open
/// addressing instead of a search among the names. Made in a fraction of a millisecond.
class ElementNames {
 public:
  ElementNames() : slots_(std::bit_ceil(2 * tables::kElementCount)) {
    for (std::size_t type = 0; type < tables::kTypeCount; ++type) {
      const TypeRow& row = tables::kTypes[type];
      for (std::size_t i = row.first_element; i < std::size_t{row.first_element} + row.element_count; ++i) {
        const std::uint64_t hash = hash_of(static_cast<TypeId>(type), tables::kElements[i].name);
        std::size_t at = first(hash);
        while (slots_[at].element != kFree) at = next(at);
        slots_[at] = {static_cast<std::uint16_t>(i), tag(hash)};
      }
    }
  }

  const ElementRow* find(TypeId type, std::string_view name) const {
    if (name.empty()) return nullptr;
    const std::uint64_t hash = hash_of(type, name);
    for (std::size_t at = first(hash); slots_[at].element != kFree; at = next(at)) {
      if (slots_[at].tag != tag(hash)) continue;
      const TypeRow& row = row_of(type);
      const ElementRow& found = tables::kElements[slots_[at].element];
      const auto of_type = static_cast<std::size_t>(slots_[at].element - row.first_element);
      if (of_type < row.element_count && found.name.size() == name.size() &&
          same_text(found.name.data(), name.data(), name.size()))
        return &found;
    }
    return nullptr;
  }

 private:
  static constexpr std::uint16_t kFree = 0xFFFF;
  struct Slot {
    std::uint16_t element = kFree;
    std::uint16_t tag = 0;  ///< other bits of the hash, so that the wrong row is seldom looked at
  };

  /// The names of a type differ mostly in length, ends and middle.
  static std::uint64_t hash_of(TypeId type, std::string_view name) {
    const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(name[i])}; };
    const std::uint64_t key = at(0) | at(name.size() / 2) << 8 | at(name.size() - 1) << 16 |
                              std::uint64_t{name.size() & 0xFF} << 24 | static_cast<std::uint64_t>(type) << 32;
    return key * 0x9E3779B97F4A7C15u;
  }
  static std::uint16_t tag(std::uint64_t hash) { return static_cast<std::uint16_t>(hash >> 48); }
  std::size_t first(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> 32) & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  std::vector<Slot> slots_;
};

}  // namespace

const ElementRow* find_element(TypeId type, std::string_view name) {
  static const ElementNames kNames;
  return kNames.find(type, name);
}

bool derives_from(TypeId type, TypeId ancestor) {
  for (; type != TypeId::none; type = row_of(type).base)
    if (type == ancestor) return true;
  return false;
}

std::span<const TypeId> target_types(const ElementRow& row) {
  if (row.targets < 0) return {};
  const auto* starts = tables::kTargetStarts + row.targets;
  return {tables::kTargets + starts[0], static_cast<std::size_t>(starts[1] - starts[0])};
}

const BindingRow* binding_of(const ElementRow& row) { return row.bound < 0 ? nullptr : &tables::kBindings[row.bound]; }

std::span<const ConstraintRow> constraints() { return {tables::kConstraints, tables::kConstraintCount}; }
std::span<const ConstraintPlace> type_constraints() { return {tables::kTypeConstraints, tables::kTypeConstraintCount}; }
std::span<const ConstraintPlace> element_constraints() {
  return {tables::kElementConstraints, tables::kElementConstraintCount};
}

const SearchParameterRow* find_search_parameter(TypeId type, std::string_view code) {
  static const TypeId kEvery[] = {find_type("Resource"), find_type("DomainResource")};
  const auto in = [&](TypeId base) -> const SearchParameterRow* {
    const auto all = search_parameters();
    const auto key = [](const SearchParameterRow& row) { return std::pair(row.type, row.code); };
    const auto found = std::ranges::lower_bound(all, std::pair(base, code), {}, key);
    return found == all.end() || key(*found) != std::pair(base, code) ? nullptr : &*found;
  };
  if (const auto* own = in(type)) return own;
  for (const TypeId base : kEvery)
    if (const auto* shared = in(base)) return shared;
  return nullptr;
}

}  // namespace varde::fhir
