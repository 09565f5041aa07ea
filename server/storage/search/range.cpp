#include "server/storage/search/range.h"

#include <algorithm>

namespace varde::storage {
namespace {

/// The values of the leading order columns that an entry brings itself (the rest are patient and resource).
std::size_t own_columns(Walk walk) {
  switch (walk) {
    case Walk::codes:
    case Walk::strings:
    case Walk::uris: return 1;
    case Walk::numbers:
    case Walk::date:
    case Walk::date_of_patient: return 2;
    default: return 0;
  }
}

/// The two ends of a number in the unit that a range walks.
std::pair<std::string_view, std::string_view> ends_of(const IndexEntry& entry, std::int64_t unit) {
  const NumberEntry number = number_of(entry);
  return unit == 0 ? std::pair(number.low, number.high) : std::pair(number.canonical_low, number.canonical_high);
}

std::strong_ordering compare(const IndexEntry& entry, const Range& range, const Position& at) {
  if (entry.kind == EntryKind::number) {
    const auto [low, high] = ends_of(entry, std::get<std::int64_t>(range.fixed[1]));
    if (const auto by_low = low <=> std::string_view(std::get<std::string>(at[0])); by_low != 0) return by_low;
    return high <=> std::string_view(std::get<std::string>(at[1]));
  }
  if (entry.kind == EntryKind::date) {
    if (const auto by_begin = entry.first <=> std::get<std::int64_t>(at[0]); by_begin != 0) return by_begin;
    return entry.second <=> std::get<std::int64_t>(at[1]);
  }
  return entry.text <=> std::string_view(std::get<std::string>(at[0]));
}

}  // namespace

void Candidate::take_entries(std::string_view encoded) {
  entries.clear();
  while (!encoded.empty())
    if (const IndexEntry entry = take_entry(encoded); entry.kind == EntryKind::words)
      each_word(entry, [this](const IndexEntry& word) { entries.push_back(word); });
    else
      entries.push_back(entry);
}

std::string behind(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }
std::string next_to(std::string_view text) { return std::string(text) + '\x01'; }

bool Range::holds_word(const IndexEntry& entry) const {
  if (entry.kind != EntryKind::token) return false;
  const std::string term = word_term(entry.parameter, entry.text);
  const auto& asked = std::get<std::string>(fixed[0]);
  return walk == Walk::word ? term == asked : term.starts_with(asked);
}

bool Range::holds(const IndexEntry& entry) const {
  if (walk == Walk::word || walk == Walk::word_beginning) return holds_word(entry);
  if (fixed.empty() || cell(entry.parameter) != fixed[0]) return false;
  const auto in_bounds = [&](const Cell& value) { return (!from || value >= *from) && (!until || value < *until); };
  switch (walk) {
    case Walk::code:
    case Walk::code_of_patient: return entry.kind == EntryKind::token && std::get<std::string>(fixed[1]) == entry.text;
    case Walk::codes: return entry.kind == EntryKind::token && in_bounds(std::string(entry.text));
    case Walk::target:
    case Walk::target_of_patient:
      return entry.kind == EntryKind::reference && std::get<std::int64_t>(fixed[1]) == entry.first &&
             std::get<std::string>(fixed[2]) == entry.text;
    case Walk::targets: return entry.kind == EntryKind::reference;
    case Walk::date:
    case Walk::date_of_patient: return entry.kind == EntryKind::date && in_bounds(entry.first);
    case Walk::strings: return entry.kind == EntryKind::string && in_bounds(std::string(entry.text));
    case Walk::uris: return entry.kind == EntryKind::uri && in_bounds(std::string(entry.text));
    case Walk::numbers: {
      const auto unit = std::get<std::int64_t>(fixed[1]);
      return entry.kind == EntryKind::number && (unit == 0 || entry.first == unit) &&
             in_bounds(std::string(ends_of(entry, unit).first));
    }
    case Walk::word:
    case Walk::word_beginning:
    case Walk::updated:
    case Walk::ids:
    case Walk::chosen: return false;
  }
  return false;
}

bool Range::holds(const Candidate& candidate) const {
  if (walk == Walk::updated || walk == Walk::ids) {
    const Cell value = walk == Walk::ids ? Cell(std::string(candidate.id)) : cell(candidate.updated);
    return (!from || value >= *from) && (!until || value < *until);
  }
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) { return holds(entry); });
}

bool Range::met_before(const Candidate& candidate, const Position& at) const {
  if (own_columns(walk) == 0) return false;
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
    if (!holds(entry)) return false;
    const auto order = compare(entry, *this, at);
    return descending ? order > 0 : order < 0;
  });
}

}  // namespace varde::storage
