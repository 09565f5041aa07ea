#pragma once
/// @file server/interaction/definition_index.h
/// What R4's own definitions are found by, as stored resources are by their entries. Made when a type is first searched
/// for, and kept. Threads: index_of() any; an index of one's own is of one thread.
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/package/package.h"
#include "server/storage/index_entries.h"

namespace varde::interaction {

struct KnownDefinition {
  const fhir::package::Definition* definition;  ///< nullptr of what is stored
  storage::Instant updated;
  std::vector<storage::IndexEntry> entries;
};

/// meta.lastUpdated, or when R4 was published, of what does not say when it was made.
storage::Instant written_at(fhir::Element resource);

class DefinitionIndex {
 public:
  DefinitionIndex(std::string_view base, const time::Zone& zone) : base_(base), zone_(zone) {}
  DefinitionIndex(fhir::TypeId type, std::string_view base, const time::Zone& zone);
  /// `definition`: nullptr of what is stored.
  void add(fhir::Element resource, const fhir::package::Definition* definition);
  const std::vector<KnownDefinition>& all() const { return known_; }
  /// The number that stands for a code system in the entries; nothing when no entry has it.
  std::optional<std::int64_t> symbol(std::string_view system) const;

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  std::int64_t symbol_for(std::string_view system);
  void take(const storage::IndexRows& rows, std::vector<storage::IndexEntry>& out);

  std::string base_;
  time::Zone zone_;
  std::vector<KnownDefinition> known_;
  std::deque<std::string> texts_;
  std::map<std::string, std::int64_t, std::less<>> symbols_;
};

const DefinitionIndex& index_of(fhir::TypeId type, std::string_view base, const time::Zone& zone);

}  // namespace varde::interaction
