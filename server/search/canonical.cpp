#include "server/search/canonical.h"

#include <algorithm>

#include "server/search/fold.h"
#include "server/search/ranges.h"
#include "server/storage/search/rows.h"

namespace varde::search {
namespace {

using storage::EntryKind;
using storage::IndexEntry;

bool is_of(const IndexEntry& entry, const Parameter* parameter) {
  return parameter && std::ranges::find(parameter->keys, entry.parameter) != parameter->keys.end();
}

/// Business versions are tokens on a string, so the index knows them without case.
std::optional<std::string> version_of(fhir::TypeId type, const Candidate& candidate) {
  const Parameter* parameter = parameters_of(type).find("version");
  for (const IndexEntry& entry : candidate.entries)
    if (entry.kind == EntryKind::token && is_of(entry, parameter)) return std::string(entry.text);
  return std::nullopt;
}

}  // namespace

Canonical parse_canonical(std::string_view text) {
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) return {text};
  return {text.substr(0, bar), text.substr(bar + 1)};
}

std::vector<ReferenceValue> canonicals_of(fhir::TypeId type, const Candidate& candidate) {
  std::vector<ReferenceValue> out;
  const Parameter* parameter = parameters_of(type).find("url");
  for (const IndexEntry& entry : candidate.entries) {
    if (entry.kind != EntryKind::uri || !is_of(entry, parameter)) continue;
    ReferenceValue value;
    value.url = entry.text;
    value.version = version_of(type, candidate).value_or("");
    value.or_unversioned = true;
    out.push_back(std::move(value));
  }
  return out;
}

std::vector<Named> find_canonical(fhir::TypeId type, const Canonical& canonical, const storage::Snapshot& snapshot) {
  std::vector<Named> out;
  const Parameter* parameter = parameters_of(type).find("url");
  if (!parameter) return out;
  const auto wanted = canonical.version ? std::optional(fold_case(*canonical.version)) : std::nullopt;
  Candidate candidate;
  for (const ParameterKey key : parameter->keys) {
    const Range range = text_range(Walk::uris, key, std::string(canonical.url), next_to(canonical.url));
    for (storage::RangeRows rows(snapshot, {range}); rows.next() && snapshot.budget().spend();) {
      candidate.take_entries(rows.entries());
      if (!wanted || version_of(type, candidate) == wanted) out.push_back({rows.key(), std::string(rows.id())});
    }
  }
  return out;
}

bool may_be_canonical(const std::vector<storage::ParameterKey>& keys, fhir::TypeId type,
                      const storage::Snapshot& snapshot) {
  if (!parameters_of(type).find("url")) return false;
  return std::ranges::any_of(keys, [&](ParameterKey key) {
    const Range range = text_range(Walk::uris, key, {}, storage::behind(""));
    return storage::RangeRows(snapshot, {.range = range, .first = 1}).next();
  });
}

}  // namespace varde::search
