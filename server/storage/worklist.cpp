#include "server/storage/worklist.h"

#include <utility>

#include "server/storage/search/several.h"
#include "server/storage/search/text.h"
#include "server/storage/sql.h"

namespace varde::storage::worklist {
namespace {

// clang-format off
constexpr sql::Query kPut{
    "INSERT INTO worklist (resource, patient, colour, due, opened, owner, district, situation, leads) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)"};
constexpr sql::Query kSituation{"SELECT patient, situation FROM worklist WHERE resource = ?1"};
constexpr sql::Query kRemove{"DELETE FROM worklist WHERE resource = ?1"};
constexpr sql::Query kMovePatient{"UPDATE worklist SET district = ?2 WHERE patient = ?1"};
constexpr sql::Query kLead{
    "UPDATE worklist SET leads = CASE WHEN resource = (SELECT w.resource FROM worklist w "
    "WHERE w.patient = ?1 AND w.situation = ?2 ORDER BY w.colour, w.due, w.resource LIMIT 1) THEN 1 ELSE 0 END "
    "WHERE patient = ?1 AND situation = ?2"};
// clang-format on

void name_the_leading(Transaction& transaction, PatientKey patient, std::string_view situation) {
  if (!situation.empty()) transaction.connection_of(patient).run_later(kLead, patient, situation);
}

/// The Tasks come by a statement of their own: a row of a patient who was replaced stands with another than they do.
std::vector<Entry> entries(const Snapshot& snapshot, sql::Rows rows) {
  std::vector<Entry> found;
  std::vector<Place> places;
  while (rows.next()) {
    found.push_back({{rows.integer(0), rows.instant(1), rows.key<ResourceKey>(2)}, rows.key<PatientKey>(3), {}, {}});
    places.push_back({found.back().mark.task, found.back().patient});
  }
  auto versions = versions_of(snapshot, places, SIZE_MAX);
  for (Entry& entry : found)
    if (const auto version = versions.find(entry.mark.task); version != versions.end())
      entry.id = std::move(version->second.id), entry.bytes = std::move(version->second.bytes);
  return found;
}

}  // namespace

void put(Transaction& transaction, const WorklistRow& row) {
  auto& connection = transaction.connection_of(row.patient);
  if (!row.is_new) connection.run_later(kRemove, row.task);
  connection.run_later(kPut, row.task, row.patient, row.colour, row.due, row.opened, row.owner, row.district,
                       row.group);
  name_the_leading(transaction, row.patient, row.group);
}

void remove(Transaction& transaction, ResourceKey task) {
  PatientKey patient{};
  std::string situation;
  {
    auto rows = transaction.connection().query(kSituation, task);
    if (!rows.next()) return;
    patient = rows.key<PatientKey>(0), situation = rows.string(1);
  }
  transaction.connection().run_later(kRemove, task);
  name_the_leading(transaction, patient, situation);
}

void move_patient(Transaction& transaction, PatientKey patient, std::string_view district) {
  transaction.connection().run_later(kMovePatient, patient, district);
}

std::vector<Entry> page(const Snapshot& snapshot, const Filter& filter, const Mark& after, std::size_t count) {
  auto& connection = snapshot.connection();
  const Mark from = after.colour < filter.most_urgent ? Mark{filter.most_urgent} : after;
  const bool of_patient = filter.patient != PatientKey::none;
  Text text(connection.manner());
  const auto asked = [&](std::string_view words, const Cell& value) { (text += words).value(value); };
  text += "SELECT w.colour, w.due, w.resource, w.patient FROM worklist w INDEXED BY ";
  text += of_patient                 ? "worklist_of_patient"
          : !filter.owner.empty()    ? "worklist_of_owner"
          : !filter.district.empty() ? "worklist_of_district"
                                     : "worklist_by_urgency";
  asked(" WHERE (w.colour, w.due, w.resource) > (", from.colour);
  asked(", ", cell(from.due)), asked(", ", static_cast<std::int64_t>(from.task));
  asked(") AND w.colour <= ", filter.least_urgent);
  if (of_patient) asked(" AND w.patient = ", cell(filter.patient));
  if (!filter.owner.empty()) asked(" AND w.owner = ", filter.owner);
  if (!filter.district.empty()) asked(" AND w.district = ", filter.district);
  if (filter.nobodys) text += " AND w.owner = ''";
  if (!filter.all_of_a_group) text += " AND w.leads = 1";
  if (filter.opened_before != Instant::max()) asked(" AND w.opened < ", cell(filter.opened_before));
  if (filter.due_before != Instant::max()) asked(" AND w.due < ", cell(filter.due_before));
  if (filter.seen) (text += " AND ").fits(*filter.seen, {"w.resource", "w.patient"});
  asked(" ORDER BY w.colour, w.due, w.resource LIMIT ", static_cast<std::int64_t>(count));
  return entries(snapshot, text.open(connection));
}

}  // namespace varde::storage::worklist
