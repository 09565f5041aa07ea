#include "server/storage/measured.h"

#include <algorithm>

#include "server/storage/sql.h"

namespace varde::storage::measured {
namespace {

// clang-format off
constexpr sql::Query kWithin{
    "SELECT time, resource, value, unit, comparator FROM measurement "
    "WHERE patient = ?1 AND measure = (SELECT key FROM symbol WHERE text = ?2) AND time >= ?3 AND time < ?4 AND valid = 1 "
    "ORDER BY time DESC, resource DESC, part DESC LIMIT ?5"};
constexpr sql::Query kText{"SELECT text FROM symbol WHERE key = ?1"};
// clang-format on

std::string text_of(sql::Connection& connection, std::int64_t symbol) {
  if (symbol == 0) return {};
  auto rows = connection.query(kText, symbol);
  return rows.next() ? rows.string(0) : std::string();
}

}  // namespace

Numbers within(const Snapshot& snapshot, PatientKey patient, std::string_view measure, Instant from, Instant to,
               std::size_t count) {
  constexpr std::size_t kUsual = 64;  // twice a day for a month
  Numbers found;
  found.rows.reserve(std::min(count, kUsual));
  auto& connection = snapshot.connection_of(patient);
  std::vector<std::int64_t> units;  // a measure has one, but for what an earlier version stored
  for (auto rows = connection.query(kWithin, patient, measure, from, to, count); rows.next();) {
    const auto symbol = rows.integer(3);
    auto unit = static_cast<std::size_t>(std::find(units.begin(), units.end(), symbol) - units.begin());
    if (unit == units.size()) units.push_back(symbol);
    found.rows.push_back(
        {rows.instant(0), rows.key<ResourceKey>(1), rows.real(2), static_cast<char>(rows.integer(4)), unit});
  }
  for (const auto symbol : units) found.units.push_back(text_of(connection, symbol));
  return found;
}

}  // namespace varde::storage::measured
