#pragma once
/// @file server/search/criterion.h
/// One condition of a search, ready to be tested on a stored resource's index entries without reading the resource.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/search/value.h"
#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/search/range.h"

namespace varde::search {

using storage::Candidate;

struct Criterion {
  enum class Of : std::uint8_t { rows, id, updated, all, any };  ///< all, any: of the parts
  enum class Wanted : std::uint8_t {
    any_of,
    none_of,
    absent,
    present,
    other
  };  ///< other: a row that none of them fits

  Of of = Of::rows;
  Wanted wanted = Wanted::any_of;
  const Parameter* parameter = nullptr;  ///< nullptr for a compartment
  std::vector<ParameterKey> keys;        ///< of the rows it reads
  std::vector<ParameterKey> long_keys;   ///< of a date
  fhir::TypeId only = fhir::TypeId::none;
  std::vector<Value> values;  ///< one of them is enough
  /// References to local resources, sorted; beside `values`. They are many after a chain.
  std::vector<std::pair<storage::TypeKey, std::string>> targets;
  /// Of a composite, in place of values: each a criterion per component, which one and the same element fits.
  std::vector<std::vector<Criterion>> composites;
  std::vector<Criterion> parts;  ///< of all and any
  /// In place of values, where a resource's own entries cannot tell: what many others are that it refers to, or that
  /// refer to it. The engine answers that, wherever resources are walked or counted.
  std::shared_ptr<const storage::Condition> stated;
  /// Of a page of a moment, which lists what it leads to: the pages before went by what was stated, in order of keys.
  bool went_by_key = false;

  bool matches(const Candidate& candidate) const;
  bool is_group() const { return of == Of::all || of == Of::any; }

 private:
  bool group_matches(const Candidate& candidate) const;
  bool another_row(const storage::IndexEntry& entry) const;
  bool any_row_matches(const Candidate& candidate) const;
  bool row_matches(const storage::IndexEntry& entry) const;
  bool is_row_of(const storage::IndexEntry& entry) const;
  bool composite_matches(const std::vector<Criterion>& components, const Candidate& candidate) const;
};

/// By that parameter, of any value until one is added.
Criterion criterion_of(const Parameter& parameter);

}  // namespace varde::search
