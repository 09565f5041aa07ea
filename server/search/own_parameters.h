#pragma once
/// @file server/search/own_parameters.h
/// Search parameters that SearchParameter resources define, beside those of R4, and which of R4's are being indexed
/// anew. What searches look up by name they look up here: a parameter that the index does not hold yet answers no
/// search, for it would answer wrongly.
/// Source: https://hl7.org/fhir/R4/searchparameter.html
/// Faults: busy (it is being indexed), not_supported (this release cannot evaluate it).
/// Threads: made once for a number of storage's; afterwards immutable.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/search/query.h"
#include "server/storage/search_parameters.h"

namespace varde::search {

class OwnParameters {
 public:
  struct One {
    storage::ParameterRow row;
    Parameter parameter;  ///< of R4's own, without paths
    bool is_defined_here() const { return !row.resource.empty(); }
    bool is_used() const { return is_defined_here() && row.state == storage::ParameterRow::State::used && is_readable; }
    bool is_readable = true;  ///< this release can evaluate its expression
  };

  OwnParameters() = default;
  OwnParameters(std::int64_t number, std::vector<storage::ParameterRow> rows);
  std::int64_t number() const { return number_; }
  /// Whatever its state; nullptr where nothing is said of that name.
  const One* find(fhir::TypeId type, std::string_view code) const;
  const std::vector<std::unique_ptr<One>>& of(fhir::TypeId type) const;  ///< by code
  bool is_empty() const { return types_.empty(); }

 private:
  std::int64_t number_ = 0;
  std::map<fhir::TypeId, std::vector<std::unique_ptr<One>>> types_;
};

/// R4's, or one that is defined here and in use; nullptr: the type has none of that code.
Result<const Parameter*> find_parameter(fhir::TypeId type, std::string_view code, const Asking& asking);
/// Every reference that find_parameter gives of the type.
Result<std::vector<const Parameter*>> references_of(fhir::TypeId type, const Asking& asking);
/// "_id, _lastUpdated, ..., status" for people, those in use here at the end.
std::string codes_of(fhir::TypeId type, const Own& own);
/// Whether the compartment's own parameters can be searched by.
Result<void> check_compartment(fhir::TypeId compartment, fhir::TypeId type, const Asking& asking);

/// "token", of a kind; none of that name: nullopt.
std::string_view name_of(fhir::SearchKind kind);
std::optional<fhir::SearchKind> kind_named(std::string_view name);

/// R4's parameters of each type as storage keeps them: "code=hash …". Another text is another meaning.
std::string fingerprint(fhir::TypeId type);
/// Codes of R4's parameters of the type that `before` does not have so.
std::vector<std::string_view> changed_since(fhir::TypeId type, std::string_view before);

}  // namespace varde::search
