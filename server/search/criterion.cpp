#include "server/search/criterion.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "fhir-model/element/reference.h"

namespace varde::search {
namespace {

using storage::EntryKind;
using storage::IndexEntry;

bool holds(const std::vector<ParameterKey>& keys, ParameterKey key) {
  return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

bool Criterion::row_matches(const IndexEntry& entry) const {
  if (entry.kind == EntryKind::reference) {
    if (only != fhir::TypeId::none && entry.first != static_cast<std::int64_t>(storage::type_key(only))) return false;
    const auto target = std::pair(static_cast<storage::TypeKey>(entry.first), entry.text);
    const auto less = [](const auto& a, const auto& b) { return std::pair(a.first, std::string_view(a.second)) < b; };
    const auto found = std::lower_bound(targets.begin(), targets.end(), target, less);
    if (found != targets.end() && found->first == target.first && found->second == target.second) return true;
  }
  return std::ranges::any_of(values, [&](const Value& value) {
    return std::visit([&](const auto& one) { return one.matches(entry); }, value);
  });
}

bool Criterion::is_row_of(const IndexEntry& entry) const {
  if (!holds(keys, entry.parameter) && !holds(long_keys, entry.parameter)) return false;
  if (only == fhir::TypeId::none) return true;
  if (entry.kind == EntryKind::reference) return entry.first == static_cast<std::int64_t>(storage::type_key(only));
  // Of what lies elsewhere, or in the resource itself, the text alone may tell the type.
  return entry.kind != EntryKind::uri || fhir::parse_reference(entry.text).type == only;
}

bool Criterion::any_row_matches(const Candidate& candidate) const {
  if (!composites.empty())
    return std::ranges::any_of(composites, [&](const auto& one) { return composite_matches(one, candidate); });
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
    return (holds(keys, entry.parameter) || holds(long_keys, entry.parameter)) && row_matches(entry);
  });
}

bool Criterion::composite_matches(const std::vector<Criterion>& components, const Candidate& candidate) const {
  std::optional<std::vector<std::int64_t>> common;  // positions that every component so far has a row at
  for (std::size_t i = 0; i < components.size(); ++i) {
    const Criterion& part = components[i];
    std::vector<std::int64_t> found;
    for (const IndexEntry& entry : candidate.entries)
      if (part.is_row_of(entry) && (part.wanted == Wanted::present || part.row_matches(entry)))
        found.push_back(storage::position_of(entry));
    if (found.empty()) return false;
    if (parameter->components[i].elsewhere) continue;
    std::ranges::sort(found);
    if (common) {
      std::vector<std::int64_t> both;
      std::ranges::set_intersection(*common, found, std::back_inserter(both));
      if (both.empty()) return false;
      found = std::move(both);
    }
    common = std::move(found);
  }
  return true;
}

Criterion criterion_of(const Parameter& parameter) {
  Criterion out;
  out.parameter = &parameter;
  out.keys = parameter.keys;
  out.only = parameter.only;
  out.long_keys = parameter.long_keys;
  return out;
}

bool Criterion::group_matches(const Candidate& candidate) const {
  const auto fits = [&](const Criterion& part) { return part.matches(candidate); };
  const bool is_so = of == Of::all ? std::ranges::all_of(parts, fits) : std::ranges::any_of(parts, fits);
  return is_so == (wanted == Wanted::any_of);
}

/// A reference that names a version has a second row of its own text.
bool Criterion::another_row(const IndexEntry& entry) const {
  if (entry.kind == EntryKind::uri && parameter->kind == fhir::SearchKind::reference &&
      entry.text.find("/_history/") != std::string_view::npos)
    return false;
  return is_row_of(entry) && !row_matches(entry);
}

bool Criterion::matches(const Candidate& candidate) const {
  if (stated) return true;
  if (is_group()) return group_matches(candidate);
  const auto id_matches = [&](const Value& value) { return std::get<TokenValue>(value).code == candidate.id; };
  const auto updated_matches = [&](const Value& value) {
    const Instant at =
        std::chrono::floor<std::chrono::milliseconds>(candidate.updated);  // as meta.lastUpdated shows it
    return std::get<DateValue>(value).matches({at, at + std::chrono::milliseconds(1)});
  };
  if (of == Of::id) {
    const bool is_listed = std::ranges::binary_search(
        targets, candidate.id, {}, [](const auto& target) { return std::string_view(target.second); });
    return (is_listed || std::ranges::any_of(values, id_matches)) == (wanted == Wanted::any_of);
  }
  if (of == Of::updated) return std::ranges::any_of(values, updated_matches);
  switch (wanted) {
    case Wanted::any_of: return any_row_matches(candidate);
    case Wanted::none_of: return !any_row_matches(candidate);
    case Wanted::other:
      return std::ranges::any_of(candidate.entries, [&](const auto& entry) { return another_row(entry); });
    case Wanted::absent:
    case Wanted::present: {
      const bool has = composites.empty()
                           ? std::ranges::any_of(candidate.entries, [&](const auto& entry) { return is_row_of(entry); })
                           : any_row_matches(candidate);
      return has == (wanted == Wanted::present);
    }
  }
  return false;
}

}  // namespace varde::search
