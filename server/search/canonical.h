#pragma once
/// @file server/search/canonical.h
/// References by canonical URL, with or without a business version behind a bar.
/// Source: https://hl7.org/fhir/R4/references.html#canonical, https://hl7.org/fhir/R4/search.html#reference
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/search/criterion.h"
#include "server/storage/storage.h"

namespace varde::search {

/// "http://example.org/q|2" -> the URL, and the version when there is a bar.
struct Canonical {
  std::string_view url;
  std::optional<std::string_view> version = {};
};
Canonical parse_canonical(std::string_view text);

/// What those who refer to that resource may write: one per url it has, which fits with its version and without.
std::vector<ReferenceValue> canonicals_of(fhir::TypeId type, const Candidate& candidate);

struct Named {
  storage::ResourceKey key{};
  std::string id;
};
/// The resources of that type that the canonical names: of every version when it names none.
std::vector<Named> find_canonical(fhir::TypeId type, const Canonical& canonical, const storage::Snapshot& snapshot);

/// Whether any reference by rows of `keys` may be a canonical to that type: some name a URL, and its resources have
/// one.
bool may_be_canonical(const std::vector<storage::ParameterKey>& keys, fhir::TypeId type,
                      const storage::Snapshot& snapshot);

}  // namespace varde::search
