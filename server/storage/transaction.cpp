#include <optional>
#include <stdexcept>
#include <utility>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/known_patients.h"
#include "server/storage/known_resources.h"
#include "server/storage/new_keys.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"
#include "server/storage/symbols.h"
#include "server/storage/version_row.h"
#include "server/storage/whose.h"

namespace varde::storage {
namespace {

// clang-format off
constexpr sql::Insert kAddPatient{"INSERT INTO patient (key, id) VALUES (?1, ?2)"};
constexpr sql::Insert kAdd{
    "INSERT INTO resource (key, patient, type, id, version, updated, method, entries, bytes) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
constexpr sql::Insert kLocate{"INSERT INTO locator (type, id, patient) VALUES (?1, ?2, ?3)"};
constexpr sql::Query kRelocate{"UPDATE locator SET patient = ?3 WHERE type = ?1 AND id = ?2"};
constexpr sql::Query kStored{"SELECT patient, entries, version FROM resource WHERE key = ?1"};
constexpr sql::Query kStoredOf{"SELECT patient, entries, version FROM resource WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kWhole{
    "SELECT key, patient, type, id, version, updated, method, bytes FROM resource WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kArchive{
    "INSERT INTO history (resource, version, patient, type, updated, method, bytes) "
    "SELECT key, version, patient, type, updated, method, bytes FROM resource WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kReplace{
    "UPDATE resource SET version = ?3, updated = ?4, method = ?5, entries = ?6, bytes = ?7 "
    "WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kReindexed{"UPDATE resource SET entries = ?3 WHERE key = ?1 AND patient = ?2"};
constexpr sql::Query kTakeAway{"DELETE FROM resource WHERE key = ?1 AND patient = ?2"};
constexpr sql::Insert kPutMeasurement{
    "INSERT INTO measurement (patient, measure, time, resource, part, value, unit, zone, valid, comparator) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (patient, measure, time, resource, part) DO UPDATE "
    "SET value = excluded.value, unit = excluded.unit, zone = excluded.zone, valid = excluded.valid, "
    "comparator = excluded.comparator", 5};
constexpr sql::Query kSetIndexRules{
    "INSERT INTO setting (name, value) VALUES ('index-rules', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
constexpr sql::Query kDropMeasurements{"DELETE FROM measurement WHERE resource = ?2 AND patient = ?1"};
// clang-format on

void put_row(sql::Connection& connection, ResourceKey key, std::int64_t whose, const Version& version,
             std::string_view entries) {
  connection.insert(kAdd, key, whose, type_key(version.type), version.id, version.version, version.updated,
                    version.method, sql::Blob{entries}, version.bytes);
}

void add(sql::Connection& connection, ResourceKey key, PatientKey patient, const Version& version,
         std::string_view entries) {
  const auto whose = whose_in_row(connection.manner(), patient, key);
  if (connection.manner().lays_out_by_patient) connection.insert(kLocate, type_key(version.type), version.id, whose);
  put_row(connection, key, whose, version, entries);
  insert_entries(connection, {patient, key}, entries);
}

/// What stands in the row.
struct Stored {
  ResourceKey key;
  std::int64_t whose = 0;
  std::string entries;
  std::int64_t version = 0;

  PatientKey patient() const { return whose_of_row(whose); }
};

/// `patient`: whose it most likely is. A row of another is asked for by its key alone.
Stored stored_as(sql::Connection& connection, ResourceKey key, PatientKey patient) {
  const auto read = [key](sql::Rows row) -> std::optional<Stored> {
    if (!row.next()) return std::nullopt;
    return Stored{key, row.integer(0), row.string(1), row.integer(2)};
  };
  auto found = read(connection.query(kStoredOf, key, whose_in_row(connection.manner(), patient, key)));
  if (!found) found = read(connection.query(kStored, key));
  if (!found) throw std::logic_error("no such resource");
  return std::move(*found);
}

Version whole(sql::Connection& connection, const Stored& stored) {
  auto row = connection.query(kWhole, stored.key, stored.whose);
  row.next();
  return read_version(row);
}

/// The row goes to another patient, and is another row there.
void give(sql::Connection& connection, const Stored& from, PatientKey to, const Version& version,
          std::string_view entries) {
  const auto whose = whose_in_row(connection.manner(), to, from.key);
  connection.run_later(kTakeAway, from.key, from.whose);
  put_row(connection, from.key, whose, version, entries);
  if (connection.manner().lays_out_by_patient)
    connection.run_later(kRelocate, type_key(version.type), version.id, whose);
}

void replace(const Transaction& transaction, PatientKey patient, const Version& version, std::string_view entries) {
  auto& connection = transaction.connection_of(patient);
  const Stored before = stored_as(connection, version.key, patient);
  if (before.version != version.version - 1)
    throw std::logic_error("a version must follow directly on the current one");
  (void)transaction.connection_of(before.patient());  // whoever loses it, too
  connection.run_later(kArchive, version.key, before.whose);
  if (patient == before.patient())
    connection.run_later(kReplace, version.key, before.whose, version.version, version.updated, version.method,
                         sql::Blob{entries}, version.bytes);
  else
    give(connection, before, patient, version, entries);
  replace_entries(connection, {before.patient(), version.key}, before.entries, {patient, version.key}, entries);
}

}  // namespace

PatientKey Transaction::claim_patient(std::string_view patient_id) {
  if (const auto known = patient_key(patient_id); known != PatientKey::none) return known;
  const auto key = static_cast<PatientKey>(new_key(Counted::patient));
  connection().insert(kAddPatient, key, patient_id);
  memory_.patients.changed();
  return key;
}

ResourceKey Transaction::put(const Version& version, const IndexRows& rows) {
  static const auto kPatientType = fhir::find_type("Patient");
  const auto patient = version.type == kPatientType ? claim_patient(version.id) : version.patient;
  if (version.type == kPatientType) memory_.patients.forget_nobodys();
  // A deleted resource is found by nothing, whatever the caller says.
  std::string entries;
  entries.reserve(512);
  if (version.method != Method::remove) encode_entries(rows, *this, entries);

  if (version.key == ResourceKey::none) {
    const auto key = static_cast<ResourceKey>(new_key(Counted::resource));
    add(connection_of(patient), key, patient, version, entries);
    note_written(version, key, patient);
    return key;
  }
  replace(*this, patient, version, entries);
  note_written(version, version.key, patient);
  return version.key;
}

void Transaction::note_written(const Version& version, ResourceKey key, PatientKey patient) const {
  if (memory_.resources) memory_.resources->note_written(version, key, patient);
}

void Transaction::reindex(ResourceKey key, PatientKey patient, const IndexRows& rows) {
  std::string entries;
  encode_entries(rows, *this, entries);
  const Stored before = stored_as(connection(), key, patient);
  if (memory_.resources) memory_.resources->forget();
  memory_.patients.forget_nobodys();
  if (patient == before.patient())
    connection().run_later(kReindexed, key, before.whose, sql::Blob{entries});
  else
    give(connection(), before, patient, whole(connection(), before), entries);
  replace_entries(connection(), {before.patient(), key}, before.entries, {patient, key}, entries);
}

void Transaction::set_index_rules(IndexRules rules) { connection().run_later(kSetIndexRules, rules); }

void Transaction::put_measurement(const Measurement& row) {
  connection_of(row.patient)
      .insert(kPutMeasurement, row.patient, symbol(row.measure), row.time, row.observation, row.part, row.value,
              symbol(row.unit), int{row.zone}, row.valid, int{row.comparator});
}

void Transaction::drop_measurements(PatientKey patient, ResourceKey observation) {
  connection_of(patient).run_later(kDropMeasurements, patient, observation);
}

std::int64_t Transaction::symbol(std::string_view text) {
  if (const auto known = memory_.symbols.known(connection_of_common(), text)) return *known;
  return memory_.symbols.add(connection(), memory_.keys, text);
}

std::int64_t Transaction::new_key(Counted table) {
  // Those are counted without gaps, or by the newest that stands there.
  return memory_.keys.next(table == Counted::resource ? connection_of_common() : connection(), table);
}

}  // namespace varde::storage
