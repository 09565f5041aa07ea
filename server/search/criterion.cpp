#include "server/search/criterion.h"

#include <algorithm>

namespace varde::search {
namespace {

using storage::EntryKind;
using storage::IndexEntry;

bool holds(const std::vector<ParameterKey>& keys, ParameterKey key) {
  return std::ranges::find(keys, key) != keys.end();
}

Instant instant(std::int64_t microseconds) { return Instant(std::chrono::microseconds(microseconds)); }

struct Matches {
  const IndexEntry& entry;

  bool operator()(const TokenValue& value) const {
    return entry.kind == EntryKind::token && value.known && (!value.code || entry.text == *value.code) &&
           (!value.system || entry.first == value.symbol);
  }
  bool operator()(const ReferenceValue& value) const {
    if (!value.url.empty()) return entry.kind == EntryKind::uri && value.refers(entry.text);
    return entry.kind == EntryKind::reference && entry.text == value.id;  // any type; see Criterion::targets
  }
  bool operator()(const DateValue& value) const {
    return entry.kind == EntryKind::date && value.matches({instant(entry.first), instant(entry.second)});
  }
  bool operator()(const StringValue& value) const {
    if (entry.kind != EntryKind::string) return false;
    switch (value.match) {
      case StringValue::Match::starts: return entry.text.starts_with(value.folded);
      case StringValue::Match::exact: return entry.text == value.folded;
      case StringValue::Match::contains:
        return entry.text.substr(0, entry.text.find(kOriginalFollows)).find(value.folded) != std::string_view::npos;
    }
    return false;
  }
  bool operator()(const UriValue& value) const {
    return entry.kind == EntryKind::uri &&
           (entry.text == value.uri || (value.below && entry.text.starts_with(value.uri) &&
                                        (value.uri.ends_with('/') || entry.text[value.uri.size()] == '/')));
  }
};

}  // namespace

void Candidate::take_entries(std::string_view encoded) {
  entries.clear();
  while (!encoded.empty()) entries.push_back(storage::take_entry(encoded));
}

bool Criterion::row_matches(const IndexEntry& entry) const {
  if (entry.kind == EntryKind::reference) {
    if (only != fhir::TypeId::none && entry.first != static_cast<std::int64_t>(storage::type_key(only))) return false;
    const auto target = std::pair(static_cast<storage::TypeKey>(entry.first), entry.text);
    const auto less = [](const auto& a, const auto& b) { return std::pair(a.first, std::string_view(a.second)) < b; };
    const auto found = std::lower_bound(targets.begin(), targets.end(), target, less);
    if (found != targets.end() && found->first == target.first && found->second == target.second) return true;
  }
  return std::ranges::any_of(values, [&](const Value& value) { return std::visit(Matches{entry}, value); });
}

bool Criterion::any_row_matches(const Candidate& candidate) const {
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
    return (holds(keys, entry.parameter) || holds(long_keys, entry.parameter)) && row_matches(entry);
  });
}

bool Criterion::matches(const Candidate& candidate) const {
  const auto id_matches = [&](const Value& value) { return std::get<TokenValue>(value).code == candidate.id; };
  const auto updated_matches = [&](const Value& value) {
    const Instant at =
        std::chrono::floor<std::chrono::milliseconds>(candidate.updated);  // as meta.lastUpdated shows it
    return std::get<DateValue>(value).matches({at, at + std::chrono::milliseconds(1)});
  };
  if (of == Of::id) return std::ranges::any_of(values, id_matches) == (wanted == Wanted::any_of);
  if (of == Of::updated) return std::ranges::any_of(values, updated_matches);
  switch (wanted) {
    case Wanted::any_of: return any_row_matches(candidate);
    case Wanted::none_of: return !any_row_matches(candidate);
    case Wanted::absent:
    case Wanted::present: {
      const bool has = std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
        if (only != fhir::TypeId::none && entry.kind == EntryKind::reference &&
            entry.first != static_cast<std::int64_t>(storage::type_key(only)))
          return false;
        return holds(keys, entry.parameter) || holds(long_keys, entry.parameter);
      });
      return has == (wanted == Wanted::present);
    }
  }
  return false;
}

}  // namespace varde::search
