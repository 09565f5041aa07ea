#pragma once
/// @file fhir-model/fhirpath/fhirpath.h
/// FHIRPath, whole: compile once, evaluate on any element. (path.h: for expressions that select elements.)
/// Source: https://hl7.org/fhirpath/N1/, https://hl7.org/fhir/R4/fhirpath.html
/// Faults: parameter_malformed (not an expression; says where), value_malformed (the data does not allow it, such as
///         several items where one is needed), too_large (a limit). Never holds values of the resource.
/// Threads: an Expression is immutable; evaluate it from any thread.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fhirpath/value.h"

namespace varde::fhirpath {

struct Node;

class Expression {
 public:
  explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  const Node& root() const { return *root_; }

 private:
  std::shared_ptr<const Node> root_;
};

struct Limits {
  std::size_t items = 200'000;         ///< in one collection
  std::size_t steps = 20'000'000;      ///< evaluations and comparisons
  std::size_t text_bytes = 16u << 20;  ///< of one text that functions make
};

/// FHIRPath wants an error when `as` meets several items; R4's own invariants and search parameters do it all the same.
enum class AsOfMany : std::uint8_t { refuse, filter };

struct Environment {
  Element resource = {};       ///< %resource; by default the resource that holds the context
  Element root_resource = {};  ///< %rootResource; by default the outermost around it that is no Bundle or Parameters
  AsOfMany as_of_many = AsOfMany::refuse;
  Limits limits = {};
  std::vector<std::pair<std::string, Collection>> variables = {};  ///< %name

  /// Milliseconds since 1970 UTC; the machine's clock when not given. now() is the same all through an evaluation.
  std::function<std::int64_t()> clock = {};
  int offset_minutes = 0;  ///< of the time zone that today() and now() speak
  /// A resource outside the tree, by the text of a reference; nowhere when there is none.
  std::function<Element(std::string_view reference)> resolve = {};
  /// Whether a code is in a value set; nullopt when that cannot be told: R4's own sets are then asked.
  std::function<std::optional<bool>(std::string_view value_set, std::string_view system, std::string_view code)>
      member_of = {};
  /// Whether an element conforms to a profile that is not a base type of R4; nullopt when it is unknown.
  std::function<std::optional<bool>(Element, std::string_view profile)> conforms_to = {};
  std::function<void(std::string_view name, const Collection&)> trace = {};
  /// Whether a code is another or one of its ancestors; nullopt when the code system does not tell: R4's own are then
  /// asked.
  std::function<std::optional<bool>(std::string_view system, std::string_view ancestor, std::string_view code)>
      subsumes = {};
  /// What inside an element is that slice of a profile; nullopt when profile or slice is unknown.
  std::function<std::optional<std::vector<Element>>(Element, std::string_view profile, std::string_view slice)> slice =
      {};
  /// What several evaluations may cost together, beside the limits of each; it is counted down. nullptr: they may.
  std::size_t* steps_left = nullptr;
  /// Of the request that this is a part of: every step is taken from it, too.
  Budget* budget = nullptr;
};

Result<Expression> compile(std::string_view text);
/// What a resource or data type of that type can never give is a fault: unknown elements, operands that cannot meet.
Result<void> check(const Expression& expression, TypeId context);

/// What an expression gives, as far as the definitions tell: what may be elements of the resource counts as such.
enum class ResultKind : std::uint8_t { elements, booleans, values };
/// check(), and the kind of the result. TypeId::none: of a context that the expression itself names, or any.
Result<ResultKind> check_kind(const Expression& expression, TypeId context);
/// check(), and the types of FHIR that the result may have; empty where the definitions do not tell.
Result<std::vector<TypeId>> check_types(const Expression& expression, TypeId context);

/// `context` may be nowhere: for expressions that need no data.
Result<Collection> evaluate(const Expression& expression, Element context, const Environment& environment = {});
/// The result as FHIRPath reads a condition: nullopt when empty, true for a single item that is no Boolean.
Result<std::optional<bool>> test(const Expression& expression, Element context, const Environment& environment = {});

}  // namespace varde::fhirpath
