#include "server/storage/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "server/storage/keys.h"
#include "server/storage/sql.h"

namespace varde::storage {
namespace {

using Place = Changes::Place;

/// The two tables that hold versions, and how each names what a version is found by.
struct Table {
  std::string_view name, key;
  std::string_view replaced;  ///< when the next version was written; of a current one never
};
constexpr std::array kTables{
    Table{"resource", "key", "9223372036854775807"},
    Table{"history", "resource",
          "coalesce((SELECT n.updated FROM history n WHERE n.resource = t.resource AND n.version = t.version + 1), "
          "(SELECT r.updated FROM resource r WHERE r.key = t.resource))"},
};
constexpr sql::Query kNextVersion{"SELECT updated FROM history WHERE resource = ?1 AND version = ?2"};
constexpr sql::Query kCurrent{"SELECT updated FROM resource WHERE key = ?1"};
/// The rows of one type or of one resource that were written in the time asked for.
std::string rows_in_time(const Table& table, const Changes& asked) {
  const bool one = asked.resource != ResourceKey::none;
  return fmt::format("FROM {} t WHERE t.{} = ?1 AND t.updated >= ?2 AND t.updated < ?3 ", table.name,
                     one ? table.key : std::string_view("type"));
}

/// One range of the index by (type, time); of one resource, of its own versions, whose order is that of time.
std::string statement(const Table& table, const Changes& asked, bool asks_when_replaced) {
  const bool newest = asked.order == Changes::Order::newest_first, one = asked.resource != ResourceKey::none;
  std::string text = fmt::format("SELECT t.updated, t.{}, t.version ", table.key) + rows_in_time(table, asked);
  text += fmt::format("AND (t.updated, t.{0}, t.version) {1} (?4, ?5, ?6)", table.key, newest ? '<' : '>');
  if (asks_when_replaced) text += fmt::format(" AND {} > ?8", table.replaced);
  const std::string_view direction = newest ? "DESC" : "ASC";
  if (one) return text + fmt::format(" ORDER BY t.version {} LIMIT ?7", direction);
  return text + fmt::format(" ORDER BY t.updated {0}, t.{1} {0}, t.version {0} LIMIT ?7", direction, table.key);
}

bool is_before(const Place& a, const Place& b) {
  return std::tuple(a.updated, a.resource, a.version) < std::tuple(b.updated, b.resource, b.version);
}

Place first_place(Changes::Order order) {
  return order == Changes::Order::newest_first ? Place{Instant::max(), ResourceKey{INT64_MAX}, INT64_MAX}
                                               : Place{Instant::min(), ResourceKey{INT64_MIN}, INT64_MIN};
}

Instant replaced_at(const Snapshot& snapshot, const Place& place) {
  {
    auto next = snapshot.connection().query(kNextVersion, place.resource, place.version + 1);
    if (next.next()) return next.instant(0);
  }
  auto current = snapshot.connection().query(kCurrent, place.resource);
  return current.next() ? current.instant(0) : Instant::min();
}

/// Where rows are spread, the version that followed may stand elsewhere: each is asked for by itself.
void find_spread(const Snapshot& snapshot, const Changes& asked, std::int64_t owner, std::size_t count,
                 std::vector<Place>& found) {
  constexpr std::size_t kAtOnce = 256;
  const std::string text = statement(kTables[1], asked, false);
  Place behind = asked.behind.value_or(first_place(asked.order));
  for (std::size_t fit = 0; fit < count;) {
    std::vector<Place> some;
    for (auto rows = snapshot.connection().query(std::string_view(text), owner, asked.from, asked.to, behind.updated,
                                                 behind.resource, behind.version, kAtOnce);
         snapshot.budget().spend() && rows.next();)
      some.push_back({rows.instant(0), rows.key<ResourceKey>(1), rows.integer(2)});
    for (const Place& place : some) {
      if (fit == count || !snapshot.budget().spend()) return;
      if (replaced_at(snapshot, place) > *asked.current_after) found.push_back(place), ++fit;
    }
    if (some.size() < kAtOnce) return;
    behind = some.back();
  }
}

/// `owner`: a type's key or a resource's.
void find(const Snapshot& snapshot, const Changes& asked, std::int64_t owner, std::size_t count,
          std::vector<Place>& found) {
  const bool is_spread = snapshot.connection().manner().is_spread;
  const Place behind = asked.behind.value_or(first_place(asked.order));
  for (const Table& table : kTables) {
    if (is_spread && asked.current_after && &table == &kTables[1]) {
      find_spread(snapshot, asked, owner, count, found);
      continue;
    }
    const std::string text = statement(table, asked, asked.current_after.has_value());
    const auto query = [&](const auto&... more) {
      return snapshot.connection().query(std::string_view(text), owner, asked.from, asked.to, behind.updated,
                                         behind.resource, behind.version, count, more...);
    };
    auto rows = asked.current_after ? query(*asked.current_after) : query();
    while (snapshot.budget().spend() && rows.next())
      found.push_back({rows.instant(0), rows.key<ResourceKey>(1), rows.integer(2)});
  }
}

/// Whose rows are looked at: a resource's key, or those of types.
template <class Visit>
void each_owner(const Changes& asked, Visit&& visit) {
  if (asked.resource != ResourceKey::none) return visit(static_cast<std::int64_t>(asked.resource));
  if (asked.type != fhir::TypeId::none) return visit(static_cast<std::int64_t>(type_key(asked.type)));
  for (const auto& type : fhir::types())
    if (type.kind == fhir::TypeKind::resource) visit(static_cast<std::int64_t>(type_key(type.name)));
}

std::vector<Place> places(const Snapshot& snapshot, const Changes& asked, std::size_t count) {
  std::vector<Place> found;
  each_owner(asked, [&](std::int64_t owner) { find(snapshot, asked, owner, count, found); });
  std::sort(found.begin(), found.end(), [&](const Place& a, const Place& b) {
    return asked.order == Changes::Order::newest_first ? is_before(b, a) : is_before(a, b);
  });
  found.resize(std::min(found.size(), count));
  return found;
}

}  // namespace

ChangesPage changes(const Snapshot& snapshot, const Changes& asked, std::size_t count, std::size_t most_bytes) {
  const auto found = places(snapshot, asked, count + 1);
  ChangesPage page;
  std::size_t bytes = 0;
  while (page.versions.size() < std::min(found.size(), count) && bytes <= most_bytes) {
    const Place& place = found[page.versions.size()];
    auto version = snapshot.version(place.resource, place.version);
    bytes += version->bytes.size();
    page.versions.push_back(std::move(*version));
  }
  page.more = page.versions.size() < found.size();
  return page;
}

std::int64_t count_changes(const Snapshot& snapshot, const Changes& asked) {
  std::int64_t sum = 0;
  const auto count = [&](const Table& table, std::int64_t owner) {
    std::string text = "SELECT count(*) " + rows_in_time(table, asked);
    if (asked.current_after) text += fmt::format("AND {} > ?4", table.replaced);
    const auto query = [&](const auto&... more) {
      return snapshot.connection().query(std::string_view(text), owner, asked.from, asked.to, more...);
    };
    auto rows = asked.current_after ? query(*asked.current_after) : query();
    if (rows.next()) sum += rows.integer(0);
  };
  each_owner(asked, [&](std::int64_t owner) {
    for (const Table& table : kTables)
      if (snapshot.budget().spend()) count(table, owner);
  });
  return sum;
}

}  // namespace varde::storage
