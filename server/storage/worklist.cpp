#include "server/storage/worklist.h"

#include <utility>

#include "server/storage/search/several.h"
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

#define VARDE_WORKLIST(index, condition)                                                              \
    "SELECT w.colour, w.due, w.resource, w.patient FROM worklist w INDEXED BY " index " WHERE " condition \
    " AND (w.colour, w.due, w.resource) > (?1, ?2, ?3) AND w.colour <= ?4 AND w.opened < ?5 "         \
    "AND w.due < ?6 AND w.leads >= ?7 AND (?8 = 0 OR w.owner = '') AND (?9 = '' OR w.owner = ?9) "    \
    "AND (?10 = '' OR w.district = ?10) ORDER BY w.colour, w.due, w.resource LIMIT ?11"
constexpr sql::Query kOfAll{VARDE_WORKLIST("worklist_by_urgency", "w.colour >= 0")};
constexpr sql::Query kOfOwner{VARDE_WORKLIST("worklist_of_owner", "w.owner = ?9")};
constexpr sql::Query kOfDistrict{VARDE_WORKLIST("worklist_of_district", "w.district = ?10")};
constexpr sql::Query kOfPatient{VARDE_WORKLIST("worklist_of_patient", "w.patient = ?12")};
#undef VARDE_WORKLIST
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
  const std::int64_t leads = filter.all_of_a_group ? 0 : 1;
  const Mark from = after.colour < filter.most_urgent ? Mark{filter.most_urgent} : after;
  const auto ask = [&](const sql::Query& query) {
    return entries(snapshot,
                   connection.query(query, from.colour, from.due, from.task, filter.least_urgent, filter.opened_before,
                                    filter.due_before, leads, filter.nobodys, filter.owner, filter.district, count));
  };
  if (filter.patient != PatientKey::none)
    return entries(snapshot, connection.query(kOfPatient, from.colour, from.due, from.task, filter.least_urgent,
                                              filter.opened_before, filter.due_before, leads, filter.nobodys,
                                              filter.owner, filter.district, count, filter.patient));
  if (!filter.owner.empty()) return ask(kOfOwner);
  return ask(filter.district.empty() ? kOfAll : kOfDistrict);
}

}  // namespace varde::storage::worklist
