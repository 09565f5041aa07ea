#pragma once
/// @file server/interaction/route.h
/// Which handler answers which method and path: rows of one table, which the HTTP rim and a Bundle's entries dispatch
/// by, and which the CapabilityStatement is printed from. Interactions (routes.cpp), operations (server/operation) and
/// whatever else stands below the base are rows alike.
/// Source: https://hl7.org/fhir/R4/http.html#summary, https://hl7.org/fhir/R4/operations.html#executing
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "server/interaction/context.h"
#include "server/interaction/repository.h"
#include "server/interaction/request.h"

namespace varde::interaction {

class Dispatcher;

/// Answers from one snapshot.
using Reader = std::function<Result<Response>(const Request&, const View&, const Context&)>;
/// What is left of a write for the one writer, and what it reaches; the request outlives it.
class Work {
 public:
  template <class Run>
  requires(!std::is_same_v<std::remove_cvref_t<Run>, Work> && std::is_invocable_r_v<Result<Response>, Run&, Act&>)
      Work(Run run, storage::Reach reached = {})
      : reach(std::move(reached)), run_(std::move(run)) {}
  Result<Response> operator()(Act& act) const { return run_(act); }
  storage::Reach reach;

 private:
  std::function<Result<Response>(Act&)> run_;
};
/// Does what needs no writer, such as reading and checking the body, and hands on the rest.
using Writer = std::function<Result<Work>(const Request&, const Context&, const Reads&)>;
/// A request that is many: a Bundle's entries.
using Many = std::function<Result<Response>(const Request&, const Dispatcher&)>;

/// What a Bundle's entry with that route does.
enum class Doing : std::uint8_t { nothing, read, create, update, patch, remove, operate };

struct Route {
  std::string_view methods;  ///< blank between: "GET POST". Who may GET may HEAD
  std::string_view pattern;  ///< {type} {id} {version} and literals, slash between; "" is the base
  std::variant<Reader, Writer, Many> handler;
  Doing doing;
  std::string_view code = {};  ///< of http://hl7.org/fhir/restful-interaction; empty: not listed
  /// either: with a query or without; some: only with one; none: what would stand in one is refused, not passed over.
  enum class Parameters : std::uint8_t { either, some, none } parameters = Parameters::either;
  std::string_view definition = {};  ///< of an operation: the canonical URL of its OperationDefinition

  std::string_view media = {};  ///< what it can answer in beside FHIR, blank between: "image/svg+xml text/csv"

  bool is_operation() const { return !definition.empty(); }
  std::string_view operation() const;  ///< "lastn", of "Observation/$lastn"
};

/// The FHIR interactions, in the order in which they are tried.
std::span<const Route> interactions();

/// All rows; the first that fits a request answers it.
class Routes {
 public:
  explicit Routes(std::vector<Route> rows);
  std::span<const Route> rows() const { return rows_; }

  /// Sets type, id and version_id of the request and finds its route.
  /// Faults: type_unknown, not_found (no such path), id_malformed, method_not_allowed (`allowed` then lists what the
  /// path takes).
  Result<const Route*> find(Request& request, std::string& allowed) const;

 private:
  std::vector<Route> rows_;
  std::vector<std::vector<std::string_view>> steps_;  ///< of each row's pattern
};

}  // namespace varde::interaction
