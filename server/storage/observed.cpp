#include "server/storage/observed.h"

#include "server/storage/sql.h"

namespace varde::storage::observed {

namespace {

// clang-format off
constexpr sql::Insert kPut{
    "INSERT INTO observed (patient, code, time, resource) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"};
constexpr sql::Query kRemove{"DELETE FROM observed WHERE patient = ?1 AND code = ?2 AND time = ?3 AND resource = ?4"};
constexpr sql::Query kOlder{
    "SELECT time, resource FROM observed WHERE patient = ?1 AND code = (SELECT key FROM symbol WHERE text = ?2) "
    "AND (time, resource) < (?3, ?4) ORDER BY time DESC, resource DESC LIMIT ?5"};
constexpr sql::Query kAt{
    "SELECT resource FROM observed WHERE patient = ?1 AND code = (SELECT key FROM symbol WHERE text = ?2) "
    "AND time = ?3 AND resource < ?4 ORDER BY resource DESC LIMIT ?5"};
constexpr sql::Query kNextCode{"SELECT min(code) FROM observed WHERE patient = ?1 AND code > ?2"};
constexpr sql::Query kText{"SELECT text FROM symbol WHERE key = ?1"};
// clang-format on

}  // namespace

void put(Transaction& transaction, PatientKey patient, std::string_view code, Instant time, ResourceKey observation) {
  transaction.connection_of(patient).insert(kPut, patient, transaction.symbol(code), time, observation);
}

void remove(Transaction& transaction, PatientKey patient, std::string_view code, Instant time,
            ResourceKey observation) {
  transaction.connection_of(patient).run_later(kRemove, patient, transaction.symbol(code), time, observation);
}

std::vector<Row> older(const Snapshot& snapshot, PatientKey patient, std::string_view code, const Row& after,
                       std::size_t count) {
  std::vector<Row> found;
  for (auto rows = snapshot.connection_of(patient).query(kOlder, patient, code, after.time, after.observation, count);
       rows.next();)
    found.push_back({rows.instant(0), rows.key<ResourceKey>(1)});
  return found;
}

std::vector<ResourceKey> at(const Snapshot& snapshot, PatientKey patient, std::string_view code, Instant time,
                            ResourceKey below, std::size_t count) {
  std::vector<ResourceKey> found;
  for (auto rows = snapshot.connection_of(patient).query(kAt, patient, code, time, below, count); rows.next();)
    found.push_back(rows.key<ResourceKey>(0));
  return found;
}

std::vector<std::string> codes(const Snapshot& snapshot, PatientKey patient) {
  std::vector<std::string> found;
  auto& connection = snapshot.connection_of(patient);
  for (std::int64_t code = -1;;) {  // hops from code to code; a patient's rows are never walked through
    {
      auto next = connection.query(kNextCode, patient, code);
      if (!next.next() || next.is_null(0)) return found;
      code = next.integer(0);
    }
    auto text = connection.query(kText, code);
    found.push_back(text.next() ? text.string(0) : std::string{});
  }
}

}  // namespace varde::storage::observed
