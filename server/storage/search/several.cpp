#include "server/storage/search/several.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "server/storage/keys.h"
#include "server/storage/search/text.h"
#include "server/storage/version_row.h"
#include "server/storage/whose.h"

namespace varde::storage {
namespace {

constexpr sql::Query kSymbol{"SELECT key FROM symbol WHERE text = ?1"};
constexpr std::string_view kVersion = "SELECT key, patient, type, id, version, updated, method, bytes FROM resource";
constexpr std::size_t kMostAtOnce = 64, kMostVersionsAtOnce = 16;  // versions may be large

/// `IN (?1, …)` of a few lengths only, so that there are few statements: the last one is repeated.
template <class Value>
void write_in(Text& text, const std::vector<Value>& all, std::size_t from, std::size_t until) {
  const std::size_t length = std::bit_ceil(until - from);
  for (std::size_t i = 0; i < length; ++i) {
    text += i == 0 ? " IN (" : ", ";
    const Value& one = all[std::min(from + i, until - 1)];
    if constexpr (std::is_enum_v<Value>)
      text.value(static_cast<std::int64_t>(one));
    else
      text.value(one);
  }
  text += ")";
}

template <class Value, class Write>
void each_some(const Snapshot& snapshot, const std::vector<Value>& all, std::size_t at_once, Write&& write) {
  for (std::size_t from = 0; from < all.size() && snapshot.budget().spend(); from += at_once)
    if (!write(from, std::min(all.size(), from + at_once))) return;
}

}  // namespace

std::optional<std::int64_t> find_symbol(const Snapshot& snapshot, std::string_view text) {
  if (text.empty()) return 0;
  sql::Connection& connection = snapshot.connection();
  const bool reads_only = snapshot.known_patients() == nullptr;
  if (reads_only)
    if (const auto known = connection.symbols().find(text)) return known;
  auto rows = connection.query(kSymbol, text);
  if (!rows.next()) return std::nullopt;
  if (reads_only) connection.symbols().note(text, rows.integer(0));
  return rows.integer(0);
}

bool keeps_whole_texts(const Snapshot& snapshot) { return snapshot.connection().manner().longest_key == SIZE_MAX; }

bool reads_rows_at_once(const Snapshot& snapshot) { return snapshot.connection().manner().first_rows == 0; }
bool is_spread(const Snapshot& snapshot) { return snapshot.connection().manner().is_spread; }

std::unordered_map<ResourceKey, std::string> entries_of(const Snapshot& snapshot,
                                                        const std::vector<ResourceKey>& keys) {
  std::unordered_map<ResourceKey, std::string> out;
  each_some(snapshot, keys, kMostAtOnce, [&](std::size_t from, std::size_t until) {
    Text text(snapshot.connection().manner());
    text += "SELECT key, entries FROM resource WHERE key";
    write_in(text, keys, from, until);
    for (auto rows = text.open(snapshot.connection()); rows.next();)
      out.emplace(rows.key<ResourceKey>(0), rows.string(1));
    return true;
  });
  return out;
}

namespace {

/// `whose`: empty, or as long as `keys` are.
std::unordered_map<ResourceKey, Version> versions_of_keys(const Snapshot& snapshot,
                                                          const std::vector<ResourceKey>& keys,
                                                          const std::vector<std::int64_t>& whose,
                                                          std::size_t most_bytes) {
  std::unordered_map<ResourceKey, Version> out;
  std::size_t bytes = 0;
  each_some(snapshot, keys, kMostVersionsAtOnce, [&](std::size_t from, std::size_t until) {
    Text text(snapshot.connection().manner());
    text += kVersion;
    text += " WHERE method <> 2 AND key";
    write_in(text, keys, from, until);
    if (!whose.empty()) text += " AND patient", write_in(text, whose, from, until);
    for (auto rows = text.open(snapshot.connection()); rows.next();) {
      Version version = read_version(rows);
      bytes += version.bytes.size();
      const ResourceKey key = version.key;
      out.emplace(key, std::move(version));
    }
    return bytes <= most_bytes;
  });
  return out;
}

}  // namespace

std::unordered_map<ResourceKey, Version> versions_of(const Snapshot& snapshot, const std::vector<ResourceKey>& keys,
                                                     std::size_t most_bytes) {
  return versions_of_keys(snapshot, keys, {}, most_bytes);
}

std::unordered_map<ResourceKey, Version> versions_of(const Snapshot& snapshot, const std::vector<Place>& places,
                                                     std::size_t most_bytes) {
  const auto keys_of = [](const std::vector<Place>& some) {
    std::vector<ResourceKey> keys;
    keys.reserve(some.size());
    for (const Place& place : some) keys.push_back(place.key);
    return keys;
  };
  const sql::Manner& manner = snapshot.connection().manner();
  if (!manner.is_spread) return versions_of(snapshot, keys_of(places), most_bytes);
  std::vector<std::int64_t> whose;
  whose.reserve(places.size());
  for (const Place& place : places) whose.push_back(whose_in_row(manner, place.patient, place.key));
  auto out = versions_of_keys(snapshot, keys_of(places), whose, most_bytes);
  std::vector<Place> elsewhere;
  std::copy_if(places.begin(), places.end(), std::back_inserter(elsewhere),
               [&](const Place& place) { return !out.contains(place.key); });
  out.merge(versions_of(snapshot, keys_of(elsewhere), most_bytes));
  return out;
}

std::map<std::string, Version, std::less<>> versions_of(const Snapshot& snapshot, fhir::TypeId type,
                                                        const std::vector<std::string>& ids, std::size_t most_bytes) {
  std::map<std::string, Version, std::less<>> out;
  std::size_t bytes = 0;
  each_some(snapshot, ids, kMostVersionsAtOnce, [&](std::size_t from, std::size_t until) {
    Text text(snapshot.connection().manner());
    text += kVersion;
    text += " WHERE method <> 2 AND type = ";
    text.value(static_cast<std::int64_t>(type_key(type)));
    text += " AND id";
    write_in(text, ids, from, until);
    for (auto rows = text.open(snapshot.connection()); rows.next();) {
      Version version = read_version(rows);
      bytes += version.bytes.size();
      std::string id = version.id;
      out.emplace(std::move(id), std::move(version));
    }
    return bytes <= most_bytes;
  });
  return out;
}

std::vector<Referring> referring_to(const Snapshot& snapshot, const std::vector<ParameterKey>& keys,
                                    fhir::TypeId target, const std::vector<std::string>& ids, std::size_t most,
                                    std::optional<Instant> until) {
  std::vector<Referring> out;
  if (keys.empty()) return out;
  each_some(snapshot, ids, kMostAtOnce, [&](std::size_t from, std::size_t to) {
    Text text(snapshot.connection().manner());
    text += "SELECT x.target_id, x.resource FROM reference x";
    if (until) text += " CROSS JOIN resource r ON r.key = x.resource";
    text += " WHERE x.parameter";
    std::vector<std::int64_t> numbers;
    numbers.reserve(keys.size());
    for (const ParameterKey key : keys) numbers.push_back(static_cast<std::int32_t>(key));
    write_in(text, numbers, 0, numbers.size());
    text += " AND x.target_type = ";
    text.value(static_cast<std::int64_t>(type_key(target)));
    text += " AND x.target_id";
    write_in(text, ids, from, to);
    if (until) {
      text += " AND r.updated <= ";
      text.value(cell(*until));
    }
    text += " LIMIT " + std::to_string(most);
    for (auto rows = text.open(snapshot.connection()); rows.next() && out.size() < most;) {
      out.push_back({rows.string(0), rows.key<ResourceKey>(1)});
      if (!snapshot.budget().take(sizeof(Referring))) return false;
    }
    return out.size() < most;
  });
  return out;
}

}  // namespace varde::storage
