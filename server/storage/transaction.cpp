#include <stdexcept>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/known_patients.h"
#include "server/storage/known_resources.h"
#include "server/storage/new_keys.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"
#include "server/storage/symbols.h"

namespace varde::storage {
namespace {

// clang-format off
constexpr sql::Insert kAddPatient{"INSERT INTO patient (key, id) VALUES (?1, ?2)"};
constexpr sql::Insert kAdd{
    "INSERT INTO resource (key, patient, type, id, version, updated, method, entries, bytes) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
constexpr sql::Query kIndexedAs{"SELECT patient, entries, version FROM resource WHERE key = ?1"};
constexpr sql::Query kArchive{
    "INSERT INTO history (resource, version, patient, type, updated, method, bytes) "
    "SELECT key, version, patient, type, updated, method, bytes FROM resource WHERE key = ?1"};
constexpr sql::Query kReplace{
    "UPDATE resource SET patient = ?2, version = ?3, updated = ?4, method = ?5, entries = ?6, bytes = ?7 WHERE key = ?1"};
constexpr sql::Query kReindexed{"UPDATE resource SET entries = ?2, patient = ?3 WHERE key = ?1"};
constexpr sql::Insert kPutMeasurement{
    "INSERT INTO measurement (patient, measure, time, resource, part, value, unit, zone, valid, comparator) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (patient, measure, time, resource, part) DO UPDATE "
    "SET value = excluded.value, unit = excluded.unit, zone = excluded.zone, valid = excluded.valid, "
    "comparator = excluded.comparator", 5};
constexpr sql::Query kSetIndexRules{
    "INSERT INTO setting (name, value) VALUES ('index-rules', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
constexpr sql::Query kDropMeasurements{"DELETE FROM measurement WHERE resource = ?2 AND patient = ?1"};
// clang-format on

void add(sql::Connection& connection, ResourceKey key, PatientKey patient, const Version& version,
         std::string_view entries) {
  connection.insert(kAdd, key, patient, type_key(version.type), version.id, version.version, version.updated,
                    version.method, sql::Blob{entries}, version.bytes);
  insert_entries(connection, {patient, key}, entries);
}

void replace(const Transaction& transaction, PatientKey patient, const Version& version, std::string_view entries) {
  auto& connection = transaction.connection_of(patient);
  PatientKey patient_before;
  std::string entries_before;
  {
    auto row = connection.query(kIndexedAs, version.key);
    if (!row.next() || row.integer(2) != version.version - 1)
      throw std::logic_error("a version must follow directly on the current one");
    patient_before = row.key<PatientKey>(0);
    entries_before = row.string(1);
  }
  (void)transaction.connection_of(patient_before);  // whoever loses it, too
  connection.run_later(kArchive, version.key);
  connection.run_later(kReplace, version.key, patient, version.version, version.updated, version.method,
                       sql::Blob{entries}, version.bytes);
  replace_entries(connection, {patient_before, version.key}, entries_before, {patient, version.key}, entries);
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
  if (!memory_.resources) return;
  Version stored = version;
  stored.key = key, stored.patient = patient;
  memory_.resources->note_written(stored);
}

void Transaction::reindex(ResourceKey key, PatientKey patient, const IndexRows& rows) {
  std::string entries, before;
  encode_entries(rows, *this, entries);
  PatientKey patient_before;
  {
    auto row = connection().query(kIndexedAs, key);
    row.next();
    patient_before = row.key<PatientKey>(0);
    before = row.string(1);
  }
  if (memory_.resources) memory_.resources->forget();
  memory_.patients.forget_nobodys();
  connection().run_later(kReindexed, key, sql::Blob{entries}, patient);
  replace_entries(connection(), {patient_before, key}, before, {patient, key}, entries);
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
