#pragma once
/// @file fhir-model/fhirpath/run.h
/// One evaluation: its environment, what $this means at each place, its limits, and the first fault it met.
/// After a fault every evaluation gives an empty collection, so that the run unwinds by itself.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/fhirpath/node.h"

namespace varde::fhirpath {

/// What defineVariable() made, seen by what follows it in the same expression.
struct Variables {
  const Variables* outer = nullptr;
  std::vector<std::pair<std::string, Collection>> own = {};

  const Collection* find(std::string_view name) const;
};

/// What $this, $index, $total and %names mean.
struct Scope {
  const Item* self = nullptr;  ///< nullptr: nothing
  std::optional<std::int32_t> index = {};
  const Collection* total = nullptr;
  Variables* variables = nullptr;
  const Collection* all = nullptr;  ///< in place of `self`, where a path starts from several items

  Scope at(const Item& item, std::int32_t item_index) const { return {&item, item_index, total, variables}; }
};

class Run {
 public:
  Run(const Environment& environment, Element context);

  Collection evaluate(const Node& node, const Scope& scope);
  /// As FHIRPath reads a condition: empty is nullopt, a single item that is no Boolean is true, several are a fault.
  std::optional<bool> condition(const Collection& result, const Node& where);

  const Environment& environment() const { return environment_; }
  Element context() const { return context_; }
  Element resource() const;       ///< %resource
  Element root_resource() const;  ///< %rootResource
  Temporal now();                 ///< the same all through the run

  bool failed() const { return failure_.has_value(); }
  Failure take_failure() { return std::move(*failure_); }
  void fail(const Node& where, std::string_view what) { fail(Fault::value_malformed, where, what); }
  /// Counts work; false when there was too much of it.
  bool spend(const Node& where, std::size_t steps = 1);
  /// Fails when a collection or the texts in it grew too large.
  Collection within_limits(Collection made, const Node& where);

 private:
  void fail(Fault fault, const Node& where, std::string_view what);
  Collection dispatch(const Node& node, const Scope& scope);
  Collection variable(const Node& node, const Scope& scope);
  Collection children(const Node& node, const Collection& focus);
  Collection call(const Node& node, const Scope& scope);
  Collection at_index(const Node& node, const Scope& scope);
  Collection sign(const Node& node, const Scope& scope);
  Collection is(const Node& node, const Collection& focus);
  Collection resolves_to(const Node& node, const Scope& scope);

  const Environment& environment_;
  Element context_;
  std::size_t steps_left_, text_left_;
  std::optional<std::int64_t> now_;
  std::optional<Failure> failure_;
};

bool is_of(const Item& item, const TypeSpecifier& type);
/// As is_of, but a primitive must be of that very type: a code is a string, yet ofType(string) leaves it out.
bool is_exactly_of(const Item& item, const TypeSpecifier& type);
/// `as` on what a path selected.
Collection as_type(Run& run, const Node& node, Collection focus);
/// Every child of an element; of a Quantity or TypeInfo its parts by name.
Collection children_of(const Item& item);

}  // namespace varde::fhirpath
