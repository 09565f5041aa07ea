#pragma once
/// @file server/storage/index_entries.h
/// The index rows of one resource version in a compact form that is kept beside it (resource.entries). From it an
/// update knows which rows stand in the index tables, without an index back from resource to rows. One entry: kind,
/// parameter, two numbers, text. What they mean by kind:
///   token: system, position, code · reference: target type, position, target id · date: begin, end, -
///   string, uri: -, -, text · number: canonical unit, position, packed (number_of) · words: -, -, parted by blanks
/// The position tells which entries come from one element; no table has it. A token at kNowhere is kept here alone:
/// what a resource that was found otherwise is judged by.
#include <string>
#include <string_view>

#include "server/storage/sql.h"
#include "server/storage/storage.h"

namespace varde::storage {

enum class EntryKind : unsigned char { token, reference, date, string, uri, number, words };

inline constexpr std::int64_t kNowhere = -1;

struct IndexEntry {
  EntryKind kind;
  ParameterKey parameter;
  std::int64_t first = 0, second = 0;
  std::string_view text = {};
};

/// What a number's entry holds: the ends as sortable texts, both within; those in the canonical unit are empty where
/// there is none.
struct NumberEntry {
  std::string_view low, high, canonical_low, canonical_high;
  std::int64_t system = 0;  ///< symbol
  std::string_view code, unit;
};
NumberEntry number_of(const IndexEntry& entry);
/// Of one element of the resource, 0 the resource itself; so are dates and texts, which no element is asked for with.
inline std::int64_t position_of(const IndexEntry& entry) { return entry.kind == EntryKind::date ? 0 : entry.second; }

/// The words of such an entry, each as a token without a system.
template <class Visit>
void each_word(const IndexEntry& words, Visit&& visit) {
  for (std::string_view rest = words.text; !rest.empty();) {
    const auto end = rest.find(' ');
    visit(IndexEntry{EntryKind::token, words.parameter, 0, 0, rest.substr(0, end)});
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}
/// A parameter's word, or the beginning of one, as it stands in the full text.
std::string word_term(ParameterKey parameter, std::string_view word);

/// Takes the first entry off the encoded form; its text is a view into it.
IndexEntry take_entry(std::string_view& entries);

/// Appends `rows` in encoded form to `out`.
void encode_entries(const IndexRows& rows, Transaction& transaction, std::string& out);
/// The same of a version that was stored once: its symbols are known.
void encode_entries(const IndexRows& rows, const Snapshot& snapshot, std::string& out);

/// The text as it stands in an index table of an engine whose keys have a longest length: cut, with a mark of its own
/// behind. What is found by it is judged by its entries, which are whole.
std::string index_text(std::string_view text, std::size_t longest);
/// The least text that any cut one of these may be.
std::string_view index_bound(std::string_view text, std::size_t longest);

/// Whose rows they are.
struct EntryOwner {
  PatientKey patient;
  ResourceKey resource;
};
void insert_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries);
void erase_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries);
/// Of words that were erased an engine's full text may keep traces; none from now on. Costs as much as it is large.
void drop_erased_words(sql::Connection& connection);
/// Changes the tables from what `before` says to what `after` says; touches only the rows that differ.
void replace_entries(sql::Connection& connection, EntryOwner owner_before, std::string_view before,
                     EntryOwner owner_after, std::string_view after);

}  // namespace varde::storage
