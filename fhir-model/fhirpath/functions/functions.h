#pragma once
/// @file fhir-model/fhirpath/functions/functions.h
/// The functions of FHIRPath as a table; each family has its own file here.
/// Source: https://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html#functions
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir-model/fhirpath/run.h"

namespace varde::fhirpath {

/// One call of a function: its focus, and its arguments, which are evaluated when asked for.
struct Call {
  Run& run;
  const Node& node;
  const Scope& scope;
  Collection focus;

  std::size_t argument_count() const { return node.operands.size() - 1; }
  const Node& argument_node(std::size_t i) const { return node.operands[i + 1]; }
  Collection argument(std::size_t i) const { return run.evaluate(argument_node(i), scope); }
  /// The argument as a condition or projection of one item of the focus.
  Collection argument_for(std::size_t i, const Item& item, std::int32_t index) const;
  std::optional<bool> condition_for(std::size_t i, const Item& item, std::int32_t index) const;

  /// The focus's item; nullptr when there is none. Several are a fault.
  const Item* only() const;
  /// The text of the focus; nullopt when it is empty. Several items, or one that is no String, are a fault.
  std::optional<std::string_view> only_string() const;
  /// An argument of one item; nullopt when it is empty. Of another type: a fault.
  std::optional<std::string> string(std::size_t i) const;
  std::optional<std::int32_t> integer(std::size_t i) const;
  std::optional<Item> one(std::size_t i) const;

  void fail(std::string_view what) const { run.fail(node, what); }
};

/// What a function answers, as check() needs to know it.
enum class Gives : std::uint8_t {
  boolean,
  string,
  integer,
  decimal,
  date,
  date_time,
  time,
  quantity,
  focus,
  argument,
  type_info,
  anything
};
/// What a function takes as its focus.
enum class Takes : std::uint8_t { anything, string, number };
/// Whether arguments are evaluated for each item of the focus, and what they then should be.
enum class Arguments : std::uint8_t { once, each };

struct FunctionRow {
  std::string_view name;
  std::uint8_t least, most;  ///< arguments
  Takes takes;
  Arguments arguments;
  Gives gives;
  Collection (*run)(Call&);  ///< nullptr: a step of its own
  Node::Op step = Node::Op::function;
};

/// Sorted by name. What invariants and search parameters are made of are steps, which collect nothing: see walk.cpp.
std::span<const FunctionRow> all_functions();
const FunctionRow* find_function(std::string_view name);

/// The resource that a Reference, canonical or uri points to; empty when it is not at hand.
Collection resolve(Run& run, const Item& reference);

// clang-format off
namespace functions {
// existence.cpp
Collection all(Call&); Collection all_true(Call&);
Collection any_true(Call&); Collection all_false(Call&); Collection any_false(Call&); Collection subset_of(Call&);
Collection superset_of(Call&); Collection distinct(Call&); Collection is_distinct(Call&);

// filtering.cpp
Collection repeat(Call&); 
Collection sort(Call&); Collection iif(Call&); Collection coalesce(Call&);
// aggregates.cpp
Collection aggregate(Call&); Collection sum(Call&); Collection min(Call&); Collection max(Call&); Collection avg(Call&);
// subsetting.cpp
Collection single(Call&); Collection last(Call&); Collection tail(Call&); Collection skip(Call&);
Collection take(Call&); Collection intersect(Call&); Collection exclude(Call&); Collection unite(Call&); Collection combine(Call&);
// conversion.cpp
Collection to_boolean(Call&); Collection to_integer(Call&); Collection to_decimal(Call&); Collection to_string(Call&);
Collection to_date(Call&); Collection to_date_time(Call&); Collection to_time(Call&); Collection to_quantity(Call&);
Collection converts_to_boolean(Call&); Collection converts_to_integer(Call&); Collection converts_to_decimal(Call&);
Collection converts_to_string(Call&); Collection converts_to_date(Call&); Collection converts_to_date_time(Call&);
Collection converts_to_time(Call&); Collection converts_to_quantity(Call&);
// strings.cpp
Collection index_of(Call&); Collection last_index_of(Call&); Collection substring(Call&); Collection starts_with(Call&);
Collection ends_with(Call&); Collection contains(Call&); Collection upper(Call&); Collection lower(Call&);
Collection replace(Call&); Collection length(Call&); Collection to_chars(Call&); Collection trim(Call&);
Collection split(Call&); Collection join(Call&);
// patterns.cpp
Collection matches(Call&); Collection matches_full(Call&); Collection replace_matches(Call&);
// encoding.cpp
Collection encode(Call&); Collection decode(Call&); Collection escape(Call&); Collection unescape(Call&);
// math.cpp
Collection abs(Call&); Collection ceiling(Call&); Collection exp(Call&); Collection floor(Call&); Collection ln(Call&);
Collection log(Call&); Collection power(Call&); Collection round(Call&); Collection sqrt(Call&); Collection truncate(Call&);
// boundary.cpp
Collection low_boundary(Call&); Collection high_boundary(Call&); Collection precision(Call&); Collection comparable(Call&);
// navigation.cpp
Collection descendants(Call&); Collection resolve(Call&);
Collection get_value(Call&); Collection type(Call&);
// moments.cpp
Collection year_of(Call&); Collection month_of(Call&); Collection day_of(Call&); Collection hour_of(Call&);
Collection minute_of(Call&); Collection second_of(Call&); Collection millisecond_of(Call&);
Collection timezone_offset_of(Call&); Collection date_of(Call&); Collection time_of(Call&);
// utility.cpp
Collection define_variable(Call&); Collection trace(Call&); Collection now(Call&); Collection today(Call&); Collection time_of_day(Call&);
// conformance.cpp
Collection conforms_to(Call&); Collection slice(Call&); Collection check_modifiers(Call&); Collection html_checks(Call&);
// terminology.cpp
Collection member_of(Call&); Collection subsumes(Call&); Collection subsumed_by(Call&);
}  // namespace functions
// clang-format on

}  // namespace varde::fhirpath
