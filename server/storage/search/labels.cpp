#include "server/storage/search/labels.h"

#include <optional>

#include "server/storage/sql.h"

namespace varde::storage {
namespace {

constexpr sql::Query kNextCode{"SELECT min(code) FROM token WHERE parameter = ?1 AND code > ?2"};
constexpr sql::Query kSystemsOfCode{
    "SELECT DISTINCT coalesce(s.text, '') FROM token t LEFT JOIN symbol s ON s.key = t.system "
    "WHERE t.parameter = ?1 AND t.code = ?2"};
constexpr sql::Query kNextUri{"SELECT min(uri) FROM uri WHERE parameter = ?1 AND uri > ?2"};

std::optional<std::string> next(const Snapshot& snapshot, const sql::Query& query, ParameterKey parameter,
                                std::string_view behind) {
  if (!snapshot.budget().spend()) return std::nullopt;
  auto rows = snapshot.connection().query(query, parameter, behind);
  return rows.next() && !rows.is_null(0) ? std::optional(rows.string(0)) : std::nullopt;
}

}  // namespace

std::vector<Label> labels(const Snapshot& snapshot, ParameterKey parameter) {
  std::vector<Label> out;
  for (auto code = next(snapshot, kNextCode, parameter, ""); code; code = next(snapshot, kNextCode, parameter, *code))
    for (auto rows = snapshot.connection().query(kSystemsOfCode, parameter, std::string_view(*code)); rows.next();)
      out.push_back({rows.string(0), *code});
  return out;
}

std::vector<std::string> uris(const Snapshot& snapshot, ParameterKey parameter) {
  std::vector<std::string> out;
  for (auto uri = next(snapshot, kNextUri, parameter, ""); uri; uri = next(snapshot, kNextUri, parameter, *uri))
    out.push_back(*uri);
  return out;
}

}  // namespace varde::storage
