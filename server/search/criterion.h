#pragma once
/// @file server/search/criterion.h
/// One condition of a search, ready to be tested on a stored resource's index entries without reading the resource.
#include <string>
#include <utility>
#include <vector>

#include "server/search/value.h"
#include "server/storage/index_entries.h"
#include "server/storage/keys.h"

namespace varde::search {

/// A stored resource while it is being judged. Views live until the next row is read.
struct Candidate {
  storage::ResourceKey key{};
  storage::PatientKey patient{};
  Instant updated{};
  std::string_view id;
  std::vector<storage::IndexEntry> entries;

  void take_entries(std::string_view encoded);
};

struct Criterion {
  enum class Of : std::uint8_t { rows, id, updated };
  enum class Wanted : std::uint8_t { any_of, none_of, absent, present };

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

  bool matches(const Candidate& candidate) const;

 private:
  bool any_row_matches(const Candidate& candidate) const;
  bool row_matches(const storage::IndexEntry& entry) const;
  bool is_row_of(const storage::IndexEntry& entry) const;
  bool composite_matches(const std::vector<Criterion>& parts, const Candidate& candidate) const;
};

/// By that parameter, of any value until one is added.
Criterion criterion_of(const Parameter& parameter);

}  // namespace varde::search
