#pragma once
/// @file server/storage/search/range.h
/// A range of an index table in its natural order: what a search is walked along. The engine's part of it, the
/// statement, is made in rows.h and condition.h.
/// Pure; safe from any thread.
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/storage.h"

namespace varde::storage {

struct Condition;

using Cell = std::variant<std::int64_t, std::string>;
/// Where a walk stands: the order columns of the last row seen.
using Position = std::vector<Cell>;

inline Cell cell(ParameterKey key) { return std::int64_t{static_cast<std::int32_t>(key)}; }
inline Cell cell(TypeKey key) { return static_cast<std::int64_t>(key); }
inline Cell cell(PatientKey key) { return static_cast<std::int64_t>(key); }
inline Cell cell(Instant at) { return std::int64_t{at.time_since_epoch().count()}; }

/// What is fixed, and what the rows come ordered by.
enum class Walk : std::uint8_t {
  code,             ///< token of one code: patient, resource
  code_of_patient,  ///< and of one patient: resource
  codes,            ///< token: code, patient, resource
  target,           ///< reference to one resource: patient, resource
  target_of_patient,
  targets,          ///< reference: type, id, patient, resource; of a condition alone
  date,             ///< begin, end, patient, resource
  date_of_patient,  ///< begin, end, resource
  strings,          ///< folded, patient, resource
  uris,             ///< uri, patient, resource
  numbers,          ///< number of one unit: low, high, patient, resource
  word,             ///< resources whose full text has a term (word_term): resource
  word_beginning,   ///< and one that begins so; some may come twice
  updated,          ///< resources of a type: updated, key
  ids,              ///< resources of a type: id
  chosen,           ///< resources that a condition chooses: key
};
/// Whether it stays within one patient's rows.
constexpr bool is_of_patient(Walk walk) {
  return walk == Walk::code_of_patient || walk == Walk::target_of_patient || walk == Walk::date_of_patient;
}

/// A stored resource while it is being judged. Views live until the next row is read.
struct Candidate {
  ResourceKey key{};
  PatientKey patient{};
  Instant updated{};
  std::string_view id;
  std::vector<IndexEntry> entries;

  void take_entries(std::string_view encoded);
};

struct Range {
  Walk walk = Walk::ids;
  std::vector<Cell> fixed;          ///< values of the leading columns; of `chosen` the type
  std::optional<Cell> from, until;  ///< of the first order column: [from, until)
  bool descending = false;
  std::shared_ptr<const Condition> choice = {};  ///< of `chosen`

  bool holds(const IndexEntry& entry) const;
  bool holds_word(const IndexEntry& entry) const;
  /// Whether the walk meets the candidate at all.
  bool holds(const Candidate& candidate) const;
  /// Whether another entry of the candidate stands before `at` in this range's order, so that it was met there.
  bool met_before(const Candidate& candidate, const Position& at) const;
};

/// Greater than every text that starts with `prefix`: no text holds U+10FFFF, a noncharacter.
std::string behind(std::string_view prefix);
/// The next text after this very one.
std::string next_to(std::string_view text);

}  // namespace varde::storage
