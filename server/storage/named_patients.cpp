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

constexpr sql::Query kStopAwaiting{"DELETE FROM awaited WHERE resource = ?1"};
constexpr sql::Query kAwait{"INSERT INTO awaited (type, id, resource) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"};
constexpr sql::Query kAnything{"SELECT 1 FROM awaited LIMIT 1"};
constexpr sql::Query kAwaiting{"SELECT resource FROM awaited WHERE type = ?1 AND id = ?2 ORDER BY resource"};

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

void await(Transaction& transaction, ResourceKey resource, std::span<const Awaited> all) {
  transaction.connection().run(kStopAwaiting, resource);
  for (const Awaited& one : all)
    transaction.connection().run(kAwait, type_key(one.type), std::string_view(one.id), resource);
}

// Rows of it are written by who reaches everything alone, so that who reaches some patients may look.
bool is_anything_awaited(const Snapshot& snapshot) { return snapshot.connection_of_common().query(kAnything).next(); }

std::vector<ResourceKey> awaiting(const Snapshot& snapshot, const Awaited& what) {
  std::vector<ResourceKey> out;
  auto rows = snapshot.connection_of_common().query(kAwaiting, type_key(what.type), std::string_view(what.id));
  while (rows.next()) out.push_back(rows.key<ResourceKey>(0));
  return out;
}

}  // namespace varde::storage::named_patients
