#include "server/storage/index_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <vector>

#include "server/storage/keys.h"
#include "server/storage/search/several.h"
#include "server/storage/whose.h"

namespace varde::storage {
namespace {

using Kind = EntryKind;
using Entry = IndexEntry;

struct KindRow {
  Kind kind;
  sql::Insert insert;
  sql::Keyed erase;
};

// clang-format off
constexpr std::array kKinds{
  KindRow{Kind::token,
    sql::Insert{"INSERT INTO token (parameter, code, patient, resource, system) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"},
    sql::Keyed{"token", "DELETE FROM token WHERE parameter = ?1 AND code = ?2 AND patient = ?3 AND resource = ?4 AND system = ?5"}},
  KindRow{Kind::reference,
    sql::Insert{"INSERT INTO reference (parameter, target_id, patient, resource, target_type) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"},
    sql::Keyed{"reference", "DELETE FROM reference WHERE parameter = ?1 AND target_id = ?2 AND patient = ?3 AND resource = ?4 AND target_type = ?5"}},
  KindRow{Kind::date,
    sql::Insert{"INSERT INTO date (parameter, patient, resource, \"begin\", \"end\") VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"},
    sql::Keyed{"date", "DELETE FROM date WHERE parameter = ?1 AND patient = ?2 AND resource = ?3 AND \"begin\" = ?4 AND \"end\" = ?5"}},
  KindRow{Kind::string,
    sql::Insert{"INSERT INTO string (parameter, folded, patient, resource) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"},
    sql::Keyed{"string", "DELETE FROM string WHERE parameter = ?1 AND folded = ?2 AND patient = ?3 AND resource = ?4"}},
  KindRow{Kind::uri,
    sql::Insert{"INSERT INTO uri (parameter, uri, patient, resource) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"},
    sql::Keyed{"uri", "DELETE FROM uri WHERE parameter = ?1 AND uri = ?2 AND patient = ?3 AND resource = ?4"}},
  KindRow{Kind::number,
    sql::Insert{"INSERT INTO number (parameter, unit, low, high, patient, resource) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"},
    sql::Keyed{"number", "DELETE FROM number WHERE parameter = ?1 AND unit = ?2 AND low = ?3 AND high = ?4 AND patient = ?5 AND resource = ?6"}},
  KindRow{Kind::words,
    sql::Insert{"INSERT INTO word (term, resource, patient) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"},
    sql::Keyed{"word", "DELETE FROM word WHERE term = ?1 AND resource = ?2 AND patient = ?3"}},
};
/// Where the engine has a full text of its own; it holds no text, so it must be told which words are to go:
/// https://www.sqlite.org/fts5.html#the_delete_command
constexpr sql::Insert kInsertText{"INSERT INTO full_text (rowid, terms) VALUES (?1, ?2)"};
constexpr sql::Keyed kEraseText{"full_text", "INSERT INTO full_text (full_text, rowid, terms) VALUES ('delete', ?1, ?2)"};
constexpr sql::Query kDropErased{"INSERT INTO full_text (full_text) VALUES ('optimize')"};
// clang-format on

void put_number(std::string& out, std::int64_t value) {
  // Zigzag, seven bits a byte: small numbers of either sign stay short.
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; rest >= 0x80; rest >>= 7) out.push_back(static_cast<char>(rest | 0x80));
  out.push_back(static_cast<char>(rest));
}

std::int64_t take_number(std::string_view& in) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (in.empty()) throw EngineError("index entries are cut off");
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Between the parts of a packed text; no sortable number holds it, nor does FHIR allow it in a string.
constexpr char kPartFollows = '\x1F';

std::string_view take_part(std::string_view& packed) {
  const auto end = packed.find(kPartFollows);
  const auto part = packed.substr(0, end);
  packed.remove_prefix(end == std::string_view::npos ? packed.size() : end + 1);
  return part;
}

/// An end that is as the other one, and a unit that is as the code, are left out; so are empty parts at the end.
std::string packed(const IndexRows::Number& number, std::int64_t system) {
  const auto other = [](std::string_view text, std::string_view than) {
    return text == than ? std::string_view() : text;
  };
  const std::string system_text = system == 0 ? "" : std::to_string(system);
  const std::array<std::string_view, 7> parts{number.low,
                                              other(number.high, number.low),
                                              number.canonical_low,
                                              other(number.canonical_high, number.canonical_low),
                                              system_text,
                                              number.code,
                                              other(number.unit, number.code)};
  std::string out;
  for (const std::string_view part : parts) {
    out += part;
    out += kPartFollows;
  }
  out.erase(out.find_last_not_of(kPartFollows) + 1);
  return out;
}

void put_entry(std::string& out, const Entry& entry) {
  out.push_back(static_cast<char>(entry.kind));
  put_number(out, static_cast<std::int32_t>(entry.parameter));
  put_number(out, entry.first);
  put_number(out, entry.second);
  put_number(out, static_cast<std::int64_t>(entry.text.size()));
  out.append(entry.text);
}

}  // namespace

IndexEntry take_entry(std::string_view& in) {
  const auto kind = std::size_t{static_cast<unsigned char>(in.front())};
  if (kind >= kKinds.size()) throw EngineError("index entries are of an unknown kind");
  in.remove_prefix(1);
  Entry entry{static_cast<Kind>(kind), static_cast<ParameterKey>(static_cast<std::int32_t>(take_number(in)))};
  entry.first = take_number(in);
  entry.second = take_number(in);
  const auto size = static_cast<std::size_t>(take_number(in));
  if (size > in.size()) throw EngineError("index entries are cut off");
  entry.text = in.substr(0, size);
  in.remove_prefix(size);
  return entry;
}

NumberEntry number_of(const IndexEntry& entry) {
  std::string_view rest = entry.text;
  NumberEntry out;
  out.low = take_part(rest), out.high = take_part(rest);
  out.canonical_low = take_part(rest), out.canonical_high = take_part(rest);
  const auto system = take_part(rest);
  std::from_chars(system.data(), system.data() + system.size(), out.system);
  out.code = take_part(rest), out.unit = take_part(rest);
  if (out.high.empty()) out.high = out.low;
  if (out.canonical_high.empty()) out.canonical_high = out.canonical_low;
  if (out.unit.empty()) out.unit = out.code;
  return out;
}

namespace {

enum class Change { insert, erase };

/// A number as one row of its table: first is the unit, text the two ends.
std::string row_text(std::string_view low, std::string_view high) {
  return std::string(low) + kPartFollows + std::string(high);
}

/// The rows that an entry stands for, but one of words, as entries without their position.
template <class Visit>
void each_row_of(Entry entry, Visit&& visit) {
  if (entry.kind == Kind::token && entry.second == kNowhere) return;
  if (entry.kind == Kind::token || entry.kind == Kind::reference) entry.second = 0;
  if (entry.kind != Kind::number) return visit(entry);
  const NumberEntry number = number_of(entry);
  const std::string plain = row_text(number.low, number.high);
  visit(Entry{Kind::number, entry.parameter, 0, 0, plain});
  if (entry.first == 0) return;
  const std::string canonical = row_text(number.canonical_low, number.canonical_high);
  visit(Entry{Kind::number, entry.parameter, entry.first, 0, canonical});
}

template <class Visit>
void each_row(std::string_view entries, const sql::Manner& manner, Visit&& visit) {
  std::string terms;
  const auto take_word = [&](const Entry& word) {
    const std::string term = word_term(word.parameter, word.text);
    if (!manner.has_full_text) return visit(Entry{Kind::words, ParameterKey{}, 0, 0, term});
    if (!terms.empty()) terms += ' ';
    terms += term;
  };
  while (!entries.empty())
    if (const Entry entry = take_entry(entries); entry.kind == Kind::words)
      each_word(entry, take_word);
    else
      each_row_of(entry, visit);
  if (!terms.empty()) visit(Entry{Kind::words, ParameterKey{}, 0, 0, terms});
}

constexpr char kCutHere = '\x01';  // below every character that a text may hold
constexpr std::size_t kMarkLength = 17;

void apply_row(sql::Connection& connection, EntryOwner owner, Change change, const Entry& entry) {
  if (entry.kind == Kind::words && connection.manner().has_full_text) {
    if (change == Change::insert) return connection.insert(kInsertText, owner.resource, entry.text);
    return connection.run_later(kEraseText, owner.resource, entry.text);
  }
  const auto& row = kKinds[static_cast<std::size_t>(entry.kind)];
  const auto run = [&](const auto&... values) {
    if (change == Change::insert)
      connection.insert(row.insert, values...);
    else
      connection.run_later(row.erase, values...);
  };
  const auto longest = connection.manner().longest_key;
  const auto whose = whose_in_row(connection.manner(), owner.patient, owner.resource);
  const std::string cut = entry.text.size() > longest ? index_text(entry.text, longest) : std::string();
  const std::string_view text = cut.empty() ? entry.text : cut;
  switch (entry.kind) {
    case Kind::token:
    case Kind::reference: run(entry.parameter, text, whose, owner.resource, entry.first); break;
    case Kind::date: run(entry.parameter, whose, owner.resource, entry.first, entry.second); break;
    case Kind::string:
    case Kind::uri: run(entry.parameter, text, whose, owner.resource); break;
    case Kind::number: {
      std::string_view ends = entry.text;
      const auto low = take_part(ends);
      run(entry.parameter, entry.first, low, ends, whose, owner.resource);
      break;
    }
    case Kind::words: run(text, owner.resource, whose); break;
  }
}

void apply_all(sql::Connection& connection, EntryOwner owner, Change change, std::string_view entries) {
  each_row(entries, connection.manner(), [&](const Entry& row) { apply_row(connection, owner, change, row); });
}

/// The rows that the entries stand for, encoded as entries are; sorted, each once: two entries may share a row.
std::vector<std::string> rows_of(std::string_view entries, const sql::Manner& manner) {
  std::vector<std::string> rows;
  each_row(entries, manner, [&](const Entry& row) { put_entry(rows.emplace_back(), row); });
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

void apply_rows(sql::Connection& connection, EntryOwner owner, Change change, const std::vector<std::string>& rows) {
  for (std::string_view row : rows) apply_row(connection, owner, change, take_entry(row));
}

}  // namespace

std::string word_term(ParameterKey parameter, std::string_view word) {
  return fmt::format("{:08x}{}", static_cast<std::uint32_t>(parameter), word);
}

std::string_view index_bound(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest - kMarkLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;  // not within a character
  return text.substr(0, end);
}

std::string index_text(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return std::string(text);
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("{}{}{:016x}", index_bound(text, longest), kCutHere, hash);
}

namespace {

/// `symbol`: the key of a text that repeats.
template <class Symbol>
void encode(const IndexRows& rows, const Symbol& symbol, std::string& out) {
  for (const auto& row : rows.tokens)
    put_entry(out, {Kind::token, row.parameter, symbol(row.system), row.position, row.code});
  for (const auto& row : rows.references)
    put_entry(out,
              {Kind::reference, row.parameter, static_cast<std::int64_t>(type_key(row.type)), row.position, row.id});
  for (const auto& row : rows.dates)
    put_entry(out,
              {Kind::date, row.parameter, row.begin.time_since_epoch().count(), row.end.time_since_epoch().count()});
  for (const auto& row : rows.strings) put_entry(out, {Kind::string, row.parameter, 0, 0, row.folded});
  for (const auto& row : rows.uris) put_entry(out, {Kind::uri, row.parameter, 0, 0, row.uri});
  for (const auto& row : rows.numbers)
    put_entry(out,
              {Kind::number, row.parameter, symbol(row.canonical_unit), row.position, packed(row, symbol(row.system))});
  for (auto row = rows.words.begin(); row != rows.words.end();) {
    const ParameterKey parameter = row->parameter;
    std::string words;
    for (; row != rows.words.end() && row->parameter == parameter; ++row) {
      if (!words.empty()) words += ' ';
      words += row->word;
    }
    put_entry(out, {Kind::words, parameter, 0, 0, words});
  }
}

}  // namespace

void encode_entries(const IndexRows& rows, Transaction& transaction, std::string& out) {
  encode(
      rows, [&](std::string_view text) { return transaction.symbol(text); }, out);
}

void encode_entries(const IndexRows& rows, const Snapshot& snapshot, std::string& out) {
  encode(
      rows, [&](std::string_view text) { return find_symbol(snapshot, text).value_or(0); }, out);
}

void insert_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries) {
  apply_all(connection, owner, Change::insert, entries);
}

void erase_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries) {
  apply_all(connection, owner, Change::erase, entries);
}

void drop_erased_words(sql::Connection& connection) {
  if (connection.manner().has_full_text) connection.run(kDropErased);
}

void replace_entries(sql::Connection& connection, EntryOwner owner_before, std::string_view before,
                     EntryOwner owner_after, std::string_view after) {
  if (owner_before.patient != owner_after.patient) {
    apply_all(connection, owner_before, Change::erase, before);
    apply_all(connection, owner_after, Change::insert, after);
    return;
  }
  const sql::Manner& manner = connection.manner();
  const auto old_rows = rows_of(before, manner), new_rows = rows_of(after, manner);
  std::vector<std::string> gone, added;
  std::set_difference(old_rows.begin(), old_rows.end(), new_rows.begin(), new_rows.end(), std::back_inserter(gone));
  std::set_difference(new_rows.begin(), new_rows.end(), old_rows.begin(), old_rows.end(), std::back_inserter(added));
  apply_rows(connection, owner_before, Change::erase, gone);
  apply_rows(connection, owner_after, Change::insert, added);
}

}  // namespace varde::storage
