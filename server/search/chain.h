#pragma once
/// @file server/search/chain.h
/// The name of a criterion followed to where it ends: chains (`patient.name`), _has, and at the end what is asked of a
/// parameter, which a `name=value` of a query (criteria.h) and a comparison of a _filter (filter.h) say each in its
/// way. Source: https://hl7.org/fhir/R4/search.html#chaining, #has
#include <string_view>

#include "server/search/criterion.h"
#include "server/search/query.h"

namespace varde::search {

class Leaf {
 public:
  virtual ~Leaf() = default;
  /// What is asked of the parameter that a name ends in; `modifier` stood behind it.
  virtual Result<Criterion> end(fhir::TypeId type, Criterion of_parameter, std::string_view modifier,
                                const Asking& asking) const = 0;
  /// The code of the parameter that a name means.
  virtual std::string_view code(fhir::TypeId /*type*/, std::string_view name) const { return name; }
  /// What the resources must be besides that a step leads to, where its name has a number in brackets:
  /// `subject[0].name`.
  virtual Result<Criterion> among(fhir::TypeId /*type*/, std::size_t /*number*/, const Asking& /*asking*/) const {
    return fail(Fault::parameter_malformed, "A name holds no brackets.");
  }
};

Result<Criterion> follow(fhir::TypeId type, std::string_view name, const Leaf& leaf, const Asking& asking);

/// `:not`, `:Patient`, …: of the parameter's kind. :missing is none of them.
Result<void> take_modifier(Criterion& criterion, std::string_view modifier);

}  // namespace varde::search
