#include "server/storage/care_relations.h"

#include "server/storage/sql.h"

namespace varde::storage::care_relations {
namespace {

constexpr sql::Query kIsRelated{
    "SELECT 1 FROM care_relation WHERE patient = ?1 AND holder = ?2 AND (until IS NULL OR until > ?3) LIMIT 1"};
constexpr sql::Query kRemove{"DELETE FROM care_relation WHERE source = ?1"};
constexpr sql::Query kAdd{
    "INSERT INTO care_relation (patient, holder, source, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"};

constexpr sql::Query kOfKind{"SELECT holder FROM care_relation WHERE patient = ?1 AND (until IS NULL OR until > ?2)"};
constexpr sql::Query kIsBuilt{"SELECT 1 FROM setting WHERE name = 'care-relations-4'"};
constexpr sql::Query kSetBuilt{
    "INSERT INTO setting (name, value) VALUES ('care-relations-4', 1) ON CONFLICT DO NOTHING"};

}  // namespace

bool is_anybodys(const Snapshot& snapshot, std::string_view kind, PatientKey patient, Instant now) {
  for (auto rows = snapshot.connection_of_common().query(kOfKind, patient, now); rows.next();) {
    const std::string_view holder = rows.text(0);
    if (holder.substr(0, holder.find(' ')) == kind) return true;
  }
  return false;
}

bool is_built(const Snapshot& snapshot) { return snapshot.connection().query(kIsBuilt).next(); }

void set_built(Transaction& transaction) { transaction.connection().run(kSetBuilt); }

bool is_related(const Snapshot& snapshot, std::span<const std::string> holders, PatientKey patient, Instant now) {
  for (const std::string& holder : holders)
    if (snapshot.connection_of_common().query(kIsRelated, patient, holder, now).next()) return true;
  return false;
}

void replace(Transaction& transaction, ResourceKey source, std::span<const Relation> relations) {
  transaction.connection().run(kRemove, source);
  for (const Relation& relation : relations)
    transaction.connection().run(kAdd, relation.patient, relation.holder, source, relation.until);
}

}  // namespace varde::storage::care_relations
