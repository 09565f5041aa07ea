#include "server/storage/erasure.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/known_patients.h"
#include "server/storage/sql.h"

namespace varde::storage::erasure {
namespace {

// clang-format off
// What tells of other patients, too, such as a Group, is theirs as well, whoever comes first in it: it stays. Who is
// not known here (0) has nothing here.
#define VARDE_SHARED "(SELECT resource FROM named_patient WHERE patient NOT IN (?1, 0))"
#define VARDE_OWN "(SELECT key FROM resource WHERE patient = ?1 AND key NOT IN " VARDE_SHARED ")"
#define VARDE_ROWS "WHERE patient = ?1 AND resource NOT IN " VARDE_SHARED

constexpr sql::Query kResources{
    "SELECT t.name, count(*) FROM resource r CROSS JOIN resource_type t ON t.key = r.type WHERE r.patient = ?1 "
    "AND r.key NOT IN " VARDE_SHARED " GROUP BY t.name ORDER BY t.name"};
constexpr sql::Query kOlder{"SELECT count(*) FROM history " VARDE_ROWS " OR resource IN " VARDE_OWN};
constexpr sql::Query kReceived{
    "SELECT count(*) FROM inbox WHERE communication IN (SELECT id FROM resource WHERE patient = ?1 AND type = ?2)"};
constexpr sql::Query kSent{"SELECT count(*) FROM outbox WHERE patient = ?1"};
constexpr sql::Query kReceivedBytes{
    "SELECT b.bytes FROM inbox i CROSS JOIN inbox_bytes b ON b.message = i.id "
    "WHERE i.communication IN (SELECT id FROM resource WHERE patient = ?1 AND type = ?2)"};
constexpr sql::Query kSentBytes{"SELECT bytes FROM outbox WHERE patient = ?1"};
constexpr sql::Query kNamedBy{
    "SELECT count(*) FROM (SELECT f.resource FROM patient p CROSS JOIN reference f ON f.target_type = ?2 "
    "AND f.target_id = p.id WHERE p.key = ?1 AND f.resource NOT IN " VARDE_OWN " UNION SELECT n.resource "
    "FROM named_patient n WHERE n.patient = ?1 AND n.resource NOT IN " VARDE_OWN ") AS others"};

/// By it other processes know that what they remember may be gone (postgresql/engine.cpp).
constexpr sql::Query kCountUp{
    "INSERT INTO setting (name, value) VALUES ('erasures', 1) ON CONFLICT (name) DO UPDATE SET value = setting.value + 1"};
constexpr sql::Query kRemoveReceivedBytes{
    "DELETE FROM inbox_bytes WHERE message IN (SELECT id FROM inbox WHERE communication IN "
    "(SELECT id FROM resource WHERE patient = ?1 AND type = ?2))"};
constexpr std::array kRemoveOneReceived{sql::Query{"DELETE FROM inbox_bytes WHERE message = ?1"},
                                        sql::Query{"DELETE FROM inbox WHERE id = ?1"}};
constexpr sql::Query kRemoveIds{"DELETE FROM locator WHERE (type, id) IN (SELECT type, id FROM resource WHERE key IN " VARDE_OWN ")"};
constexpr sql::Query kRemoveReceived{
    "DELETE FROM inbox WHERE communication IN (SELECT id FROM resource WHERE patient = ?1 AND type = ?2)"};
constexpr sql::Query kEntries{"SELECT key, entries FROM resource WHERE key IN " VARDE_OWN " AND method <> 2"};
/// In this order: what is found by the patient's resources goes before they do.
constexpr std::array kRemove{
    // Of what was measured a name may be the patient's own words (code.text): one that nobody else's rows have goes.
    sql::Query{"DELETE FROM symbol WHERE text LIKE '#text|%' AND key IN (SELECT code FROM observed WHERE patient = ?1 "
               "UNION SELECT measure FROM measurement WHERE patient = ?1 UNION SELECT measure FROM measure_limits WHERE patient = ?1) "
               "AND key NOT IN (SELECT code FROM observed WHERE patient <> ?1 UNION SELECT measure FROM measurement WHERE patient <> ?1 "
               "UNION SELECT measure FROM measure_limits WHERE patient <> ?1)"},
    sql::Query{"DELETE FROM outbox WHERE patient = ?1"},
    sql::Query{"DELETE FROM told WHERE patient = ?1 OR observation IN (SELECT key FROM resource WHERE patient = ?1)"},
    sql::Query{"DELETE FROM care_relation WHERE patient = ?1"},
    sql::Query{"DELETE FROM worklist WHERE patient = ?1"},
    sql::Query{"DELETE FROM due WHERE patient = ?1"},
    sql::Query{"DELETE FROM open_alert WHERE patient = ?1"},
    sql::Query{"DELETE FROM enrolment WHERE patient = ?1"},
    sql::Query{"DELETE FROM measure_limits WHERE patient = ?1"},
    sql::Query{"DELETE FROM observed WHERE patient = ?1"},
    sql::Query{"DELETE FROM measurement WHERE patient = ?1"},
    sql::Query{"DELETE FROM journal WHERE patient = ?1"},
    sql::Query{"DELETE FROM history " VARDE_ROWS " OR resource IN " VARDE_OWN},
    sql::Query{"DELETE FROM awaited WHERE resource IN " VARDE_OWN},
    // Only rows of the patient and of nobody known are of these resources: they stay the patient's own without.
    sql::Query{"DELETE FROM named_patient WHERE resource IN " VARDE_OWN},
    sql::Query{"DELETE FROM resource WHERE key IN " VARDE_OWN},
};
#undef VARDE_ROWS
#undef VARDE_OWN
#undef VARDE_SHARED
// clang-format on

TypeKey communication() { return type_key(fhir::find_type("Communication")); }

template <class... Values>
std::int64_t count(const Snapshot& snapshot, const sql::Query& query, const Values&... values) {
  auto rows = snapshot.connection().query(query, values...);
  return rows.next() ? rows.integer(0) : 0;
}

void erase_index(sql::Connection& connection, PatientKey patient) {
  std::vector<std::pair<ResourceKey, std::string>> owned;
  for (auto rows = connection.query(kEntries, patient); rows.next();)
    owned.emplace_back(rows.key<ResourceKey>(0), rows.string(1));
  for (const auto& [resource, entries] : owned) erase_entries(connection, {patient, resource}, entries);
}

}  // namespace

Belongings belongings(const Snapshot& snapshot, PatientKey patient) {
  Belongings out;
  for (auto rows = snapshot.connection().query(kResources, patient); rows.next();)
    out.resources.emplace_back(rows.string(0), rows.integer(1));
  out.older_versions = count(snapshot, kOlder, patient);
  out.received = count(snapshot, kReceived, patient, communication());
  out.sent = count(snapshot, kSent, patient);
  out.named_by = count(snapshot, kNamedBy, patient, type_key(fhir::find_type("Patient")));
  return out;
}

void each_message(const Snapshot& snapshot, PatientKey patient, const std::function<void(std::string_view)>& take) {
  for (auto rows = snapshot.connection().query(kReceivedBytes, patient, communication()); rows.next();)
    take(rows.text(0));
  for (auto rows = snapshot.connection().query(kSentBytes, patient); rows.next();) take(rows.text(0));
}

void erase(Transaction& transaction, PatientKey patient) {
  transaction.connection().run(kRemoveReceivedBytes, patient, communication());
  erase_index(transaction.connection(), patient);
  transaction.connection().run(kRemoveReceived, patient, communication());
  if (transaction.connection().manner().lays_out_by_patient) transaction.connection().run(kRemoveIds, patient);
  for (const sql::Query& query : kRemove) transaction.connection().run(query, patient);
  note_erased(transaction);
}

void erase_received(Transaction& transaction, std::int64_t inbox_id) {
  for (const sql::Query& query : kRemoveOneReceived) transaction.connection().run(query, inbox_id);
  note_erased(transaction);
}

void note_erased(Transaction& transaction) {
  transaction.connection().run(kCountUp);
  if (auto* const known = transaction.known_patients()) known->erased();
}

void drop_traces(Transaction& transaction) { drop_erased_words(transaction.connection()); }

}  // namespace varde::storage::erasure
