#pragma once
/// @file fhir-model/fhirpath/operators.h
/// What values mean to each other: equality, equivalence, order, arithmetic.
/// Source: https://hl7.org/fhirpath/N1/#operations
#include <compare>
#include <cstddef>
#include <optional>
#include <span>

#include "fhir-model/fhirpath/run.h"
#include "fhir-model/fhirpath/value.h"

namespace varde::fhirpath {

/// nullopt: FHIRPath's empty, as for dates of different precision.
std::optional<bool> equal(const Item& a, const Item& b);
std::optional<bool> equal(std::span<const Item> a, std::span<const Item> b);
bool equivalent(const Item& a, const Item& b);
bool equivalent(std::span<const Item> a, std::span<const Item> b);
/// Equal items have the same hash.
std::size_t hash_of(const Item& item);

enum class Comparable : std::uint8_t { yes, no };
struct Order {
  Comparable comparable = Comparable::no;  ///< no: values of such types have no order
  std::partial_ordering order = std::partial_ordering::unordered;
};
Order compare(const Item& a, const Item& b);

/// Runs a Node::Op::operation: those that ask, and those that make something.
std::optional<bool> judge(Run& run, const Node& node, const Scope& scope);
Collection operate(Run& run, const Node& node, const Scope& scope);
/// Both operands are there, one item each.
Collection arithmetic(Run& run, const Node& where, Operator oper, const Item& a, const Item& b);

/// Items in their first order, each once.
Collection distinct(Run& run, const Node& where, Collection items);

/// Looks items up by equality, in constant time.
class ItemSet {
 public:
  ItemSet(Run& run, const Node& where) : run_(run), where_(where) {}
  /// False when an equal one is there already. `item` must outlive the set.
  bool insert(const Item& item);
  bool contains(const Item& item);

 private:
  struct Slot {
    std::size_t hash;
    const Item* item;
  };
  Run& run_;
  const Node& where_;
  std::vector<std::vector<Slot>> buckets_ = std::vector<std::vector<Slot>>(16);
  std::size_t count_ = 0;
};

}  // namespace varde::fhirpath
