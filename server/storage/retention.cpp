#include "server/storage/retention.h"

#include <algorithm>
#include <array>

#include "server/storage/erasure.h"
#include "server/storage/followup.h"
#include "server/storage/keys.h"
#include "server/storage/sql.h"
#include "server/storage/whose.h"

namespace varde::storage::retention {
namespace {

// clang-format off
constexpr sql::Query kOld{"SELECT key, patient, id, version, method FROM resource WHERE type = ?1 AND updated < ?2 AND key > ?3 "
                          "ORDER BY key LIMIT ?4"};
constexpr sql::Query kLast{"SELECT patient, max(updated) FROM resource WHERE patient > 0 GROUP BY patient"};

/// ?1 the resource's key, ?2 its patient.
constexpr std::array kOfPatient{
    sql::Query{"DELETE FROM measurement WHERE resource = ?1 AND patient = ?2"},
    sql::Query{"DELETE FROM observed WHERE resource = ?1 AND patient = ?2"},
    sql::Query{"DELETE FROM measure_limits WHERE resource = ?1 AND patient = ?2"},
    sql::Query{"DELETE FROM enrolment WHERE resource = ?1 AND patient = ?2"},
    sql::Query{"DELETE FROM journal WHERE composition = ?1 AND patient = ?2"},
};
/// ?1 the resource's key, whosever the row is.
constexpr std::array kOfKey{
    sql::Query{"DELETE FROM care_relation WHERE source = ?1"},
    sql::Query{"DELETE FROM worklist WHERE resource = ?1"},
    sql::Query{"DELETE FROM told WHERE observation = ?1"},
    sql::Query{"DELETE FROM named_patient WHERE resource = ?1"},
    sql::Query{"DELETE FROM awaited WHERE resource = ?1"},
    sql::Query{"DELETE FROM history WHERE resource = ?1"},
};
constexpr sql::Query kResource{"DELETE FROM resource WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kLocated{"DELETE FROM locator WHERE type = ?1 AND id = ?2"};
/// ?1 its id, ?2 its patient.
constexpr std::array kOfId{
    sql::Query{"DELETE FROM due WHERE subject = ?1 AND patient = ?2"},
    sql::Query{"DELETE FROM open_alert WHERE task = ?1 AND patient = ?2"},
};
/// Of the Communication that tells a message's story.
constexpr std::array kOfMessage{
    sql::Query{"DELETE FROM inbox_bytes WHERE message IN (SELECT id FROM inbox WHERE communication = ?1)"},
    sql::Query{"DELETE FROM inbox WHERE communication = ?1"},
    sql::Query{"DELETE FROM outbox WHERE communication = ?1"},
};
// clang-format on

}  // namespace

std::vector<Old> last_written_before(const Snapshot& snapshot, fhir::TypeId type, Instant before, ResourceKey after,
                                     std::size_t count) {
  std::vector<Old> out;
  for (auto rows = snapshot.connection().query(kOld, type_key(type), before, after, static_cast<std::int64_t>(count));
       rows.next();)
    out.push_back({rows.key<ResourceKey>(0), whose_of_row(rows.integer(1)), rows.string(2), rows.integer(3),
                   static_cast<Method>(rows.integer(4)) == Method::remove});
  return out;
}

std::map<PatientKey, Instant> last_entries(const Snapshot& snapshot) {
  std::map<PatientKey, Instant> out;
  for (auto rows = snapshot.connection().query(kLast); rows.next();)
    out.emplace(rows.key<PatientKey>(0), rows.instant(1));
  return out;
}

bool is_followed_up(const Snapshot& snapshot, PatientKey patient) {
  const auto all = enrolment::all(snapshot, patient);
  return std::any_of(all.begin(), all.end(),
                     [](const EnrolmentRow& row) { return row.state != EnrolmentState::ended; });
}

void purge(Transaction& transaction, fhir::TypeId type, const Old& old) {
  auto& connection = transaction.connection();
  const std::string_view id = old.id;
  static const fhir::TypeId kCommunication = fhir::find_type("Communication");
  if (type == kCommunication)
    for (const sql::Query& query : kOfMessage) connection.run(query, id);
  for (const sql::Query& query : kOfId) connection.run(query, id, old.patient);
  for (const sql::Query& query : kOfPatient) connection.run(query, old.key, old.patient);
  for (const sql::Query& query : kOfKey) connection.run(query, old.key);
  connection.run(kResource, old.key, whose_in_row(connection.manner(), old.patient, old.key));
  // The id is free again.
  if (connection.manner().lays_out_by_patient) connection.run(kLocated, type_key(type), id);
  erasure::note_erased(transaction);
}

}  // namespace varde::storage::retention
