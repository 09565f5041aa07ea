#pragma once
/// @file fhir-model/fhirpath/run.h
/// One evaluation: its environment, what $this means at each place, its limits, and the first fault it met.
/// After a fault every evaluation gives an empty collection, so that the run unwinds by itself.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

/// Takes items one by one; answers false when it wants no more. Borrows the callable that it is made from.
class Sink {
 public:
  template <class Callable>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, Sink>)
      Sink(Callable&& callable)  // NOLINT: every such callable is a sink
      : callable_(const_cast<void*>(static_cast<const void*>(&callable))),
        call_([](void* to, const Item& item) { return (*static_cast<std::remove_reference_t<Callable>*>(to))(item); }) {
  }
  bool operator()(const Item& item) const { return call_(callable_, item); }

 private:
  void* callable_;
  bool (*call_)(void*, const Item&);
};

class Run {
 public:
  Run(const Environment& environment, Element context);

  Collection evaluate(const Node& node, const Scope& scope);
  /// Sends what evaluate() would give to the sink, without collecting where a path can be walked.
  /// False once the sink wants no more, and after a fault.
  bool visit(const Node& node, const Scope& scope, Sink sink);
  /// As FHIRPath reads a condition: empty is nullopt, a single item that is no Boolean is true, several are a fault.
  std::optional<bool> truth(const Node& node, const Scope& scope);

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
  /// Counts the item against the limits of a collection that has `size` items already; false after a fault.
  bool admit(const Item& item, std::size_t size, const Node& where);
  // Of nodes whose variables, if they make any, have their frame in the scope.
  bool walk(const Node& node, const Scope& scope, Sink sink);
  std::optional<bool> judge(const Node& node, const Scope& scope);
  Collection collect(const Node& node, const Scope& scope);

  bool extensions(const Node& node, const Scope& scope, Sink sink);
  bool only_as(const Node& node, const Scope& scope, Sink sink);
  bool at_index(const Node& node, const Scope& scope, Sink sink);
  bool has_value(const Node& node, const Scope& scope);
  std::optional<bool> condition(const Node& node, const Scope& scope);
  std::optional<bool> is(const Node& node, const Scope& scope);
  std::optional<bool> resolves_to(const Node& node, const Scope& scope);
  Collection variable(const Node& node, const Scope& scope);
  Collection call(const Node& node, const Scope& scope);
  Collection sign(const Node& node, const Scope& scope);

  const Environment& environment_;
  Element context_;
  std::size_t steps_left_, text_left_;
  std::optional<std::int64_t> now_;
  std::optional<Failure> failure_;
};

bool is_of(const Item& item, const TypeSpecifier& type);
/// As is_of, but a primitive must be of that very type: a code is a string, yet ofType(string) leaves it out.
bool is_exactly_of(const Item& item, const TypeSpecifier& type);
/// Every child of an element; of a Quantity or TypeInfo its parts.
bool visit_children(const Item& item, Sink sink);
/// Those of that name.
bool visit_children(const Item& item, std::string_view name, Sink sink);

/// What an operand gives: mostly a single item, which then needs no memory of its own.
class Operand {
 public:
  Operand(Run& run, const Node& node, const Scope& scope);
  Operand(const Operand&) = delete;
  std::span<const Item> items() const { return literal_.empty() ? own() : literal_; }
  bool empty() const { return items().empty(); }
  std::size_t size() const { return items().size(); }
  const Item& front() const { return items().front(); }

 private:
  std::span<const Item> own() const {
    return many_.empty() && one_ ? std::span<const Item>(&*one_, 1) : std::span<const Item>(many_);
  }

  std::span<const Item> literal_ = {};
  std::optional<Item> one_ = {};
  Collection many_ = {};
};

}  // namespace varde::fhirpath
