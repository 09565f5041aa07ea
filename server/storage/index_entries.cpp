#include "server/storage/index_entries.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <vector>

#include "server/storage/keys.h"

namespace varde::storage {
namespace {

using Kind = EntryKind;
using Entry = IndexEntry;

struct KindRow {
  Kind kind;
  sql::Query insert, erase;
};

// clang-format off
constexpr std::array kKinds{
  KindRow{Kind::token,
    sql::Query{"INSERT OR IGNORE INTO token (parameter, code, patient, resource, system) VALUES (?1, ?2, ?3, ?4, ?5)"},
    sql::Query{"DELETE FROM token WHERE parameter = ?1 AND code = ?2 AND patient = ?3 AND resource = ?4 AND system = ?5"}},
  KindRow{Kind::reference,
    sql::Query{"INSERT OR IGNORE INTO reference (parameter, target_id, patient, resource, target_type) VALUES (?1, ?2, ?3, ?4, ?5)"},
    sql::Query{"DELETE FROM reference WHERE parameter = ?1 AND target_id = ?2 AND patient = ?3 AND resource = ?4 AND target_type = ?5"}},
  KindRow{Kind::date,
    sql::Query{"INSERT OR IGNORE INTO date (parameter, patient, resource, \"begin\", \"end\") VALUES (?1, ?2, ?3, ?4, ?5)"},
    sql::Query{"DELETE FROM date WHERE parameter = ?1 AND patient = ?2 AND resource = ?3 AND \"begin\" = ?4 AND \"end\" = ?5"}},
  KindRow{Kind::string,
    sql::Query{"INSERT OR IGNORE INTO string (parameter, folded, patient, resource) VALUES (?1, ?2, ?3, ?4)"},
    sql::Query{"DELETE FROM string WHERE parameter = ?1 AND folded = ?2 AND patient = ?3 AND resource = ?4"}},
  KindRow{Kind::uri,
    sql::Query{"INSERT OR IGNORE INTO uri (parameter, uri, patient, resource) VALUES (?1, ?2, ?3, ?4)"},
    sql::Query{"DELETE FROM uri WHERE parameter = ?1 AND uri = ?2 AND patient = ?3 AND resource = ?4"}},
};
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

namespace {

enum class Change { insert, erase };

void apply(sql::Connection& connection, EntryOwner owner, Change change, const Entry& entry) {
  const auto& row = kKinds[static_cast<std::size_t>(entry.kind)];
  const auto& query = change == Change::insert ? row.insert : row.erase;
  switch (entry.kind) {
    case Kind::token:
    case Kind::reference:
      connection.run(query, entry.parameter, entry.text, owner.patient, owner.resource, entry.first);
      break;
    case Kind::date:
      connection.run(query, entry.parameter, owner.patient, owner.resource, entry.first, entry.second);
      break;
    case Kind::string:
    case Kind::uri: connection.run(query, entry.parameter, entry.text, owner.patient, owner.resource); break;
  }
}

void apply_all(sql::Connection& connection, EntryOwner owner, Change change, std::string_view entries) {
  while (!entries.empty()) apply(connection, owner, change, take_entry(entries));
}

/// Sorted, each once.
std::vector<std::string_view> split(std::string_view entries) {
  std::vector<std::string_view> parts;
  while (!entries.empty()) {
    const auto whole = entries;
    take_entry(entries);
    parts.push_back(whole.substr(0, whole.size() - entries.size()));
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

}  // namespace

void encode_entries(const IndexRows& rows, sql::Connection& connection, Symbols& symbols, std::string& out) {
  for (const auto& row : rows.tokens)
    put_entry(out, {Kind::token, row.parameter, symbols.key(connection, row.system), 0, row.code});
  for (const auto& row : rows.references)
    put_entry(out, {Kind::reference, row.parameter, static_cast<std::int64_t>(type_key(row.type)), 0, row.id});
  for (const auto& row : rows.dates)
    put_entry(out,
              {Kind::date, row.parameter, row.begin.time_since_epoch().count(), row.end.time_since_epoch().count()});
  for (const auto& row : rows.strings) put_entry(out, {Kind::string, row.parameter, 0, 0, row.folded});
  for (const auto& row : rows.uris) put_entry(out, {Kind::uri, row.parameter, 0, 0, row.uri});
}

void insert_entries(sql::Connection& connection, EntryOwner owner, std::string_view entries) {
  apply_all(connection, owner, Change::insert, entries);
}

void replace_entries(sql::Connection& connection, EntryOwner owner_before, std::string_view before,
                     EntryOwner owner_after, std::string_view after) {
  if (owner_before.patient != owner_after.patient) {
    apply_all(connection, owner_before, Change::erase, before);
    apply_all(connection, owner_after, Change::insert, after);
    return;
  }
  const auto old_entries = split(before), new_entries = split(after);
  std::vector<std::string_view> gone, added;
  std::set_difference(old_entries.begin(), old_entries.end(), new_entries.begin(), new_entries.end(),
                      std::back_inserter(gone));
  std::set_difference(new_entries.begin(), new_entries.end(), old_entries.begin(), old_entries.end(),
                      std::back_inserter(added));
  for (const auto entry : gone) apply_all(connection, owner_before, Change::erase, entry);
  for (const auto entry : added) apply_all(connection, owner_after, Change::insert, entry);
}

}  // namespace varde::storage
