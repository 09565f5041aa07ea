#include "server/storage/named_patients.h"

#include "server/storage/keys.h"
#include "server/storage/sql.h"
#include "server/storage/whose.h"

namespace varde::storage::named_patients {
namespace {

constexpr sql::Query kRemove{"DELETE FROM named_patient WHERE resource = ?1"};
constexpr sql::Query kAdd{"INSERT INTO named_patient (resource, patient) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
constexpr sql::Query kOf{"SELECT patient FROM named_patient WHERE resource = ?1 ORDER BY patient"};
constexpr sql::Query kOwner{"SELECT patient FROM resource WHERE type = ?1 AND id = ?2"};
constexpr sql::Query kNaming{"SELECT resource FROM named_patient WHERE patient = ?1 ORDER BY resource"};

}  // namespace

void replace(Transaction& transaction, ResourceKey resource, std::span<const PatientKey> patients) {
  transaction.connection().run(kRemove, resource);
  for (const PatientKey patient : patients) transaction.connection().run(kAdd, resource, patient);
}

std::vector<PatientKey> of(const Snapshot& snapshot, ResourceKey resource) {
  std::vector<PatientKey> out;
  for (auto rows = snapshot.connection().query(kOf, resource); rows.next();)
    out.push_back(static_cast<PatientKey>(rows.integer(0)));
  return out;
}

std::optional<PatientKey> owner_of(const Snapshot& snapshot, fhir::TypeId type, std::string_view id) {
  PatientKey owner{};
  {
    auto rows = snapshot.connection_of_common().query(kOwner, type_key(type), id);
    if (!rows.next()) return std::nullopt;
    owner = whose_of_row(rows.integer(0));
  }
  if (owner != PatientKey::none) (void)snapshot.connection_of(owner);  // a write of named patients stays with them
  return owner;
}

std::vector<ResourceKey> naming(const Snapshot& snapshot, PatientKey patient) {
  std::vector<ResourceKey> out;
  for (auto rows = snapshot.connection().query(kNaming, patient); rows.next();)
    out.push_back(static_cast<ResourceKey>(rows.integer(0)));
  return out;
}

}  // namespace varde::storage::named_patients
