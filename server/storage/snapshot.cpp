#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "server/storage/index_entries.h"
#include "server/storage/keys.h"
#include "server/storage/known_patients.h"
#include "server/storage/known_resources.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"
#include "server/storage/version_row.h"
#include "server/storage/whose.h"

namespace varde::storage {
namespace {

// clang-format off
constexpr std::string_view kAnything =
    "SELECT EXISTS (SELECT 1 FROM resource) OR EXISTS (SELECT 1 FROM inbox)";
constexpr sql::Query kLive{"SELECT key FROM resource WHERE key > ?1 AND method <> 2 ORDER BY key LIMIT ?2"};
constexpr sql::Query kIndexRules{"SELECT value FROM setting WHERE name = 'index-rules'"};
constexpr sql::Query kCurrentById{
    "SELECT key, patient, type, id, version, updated, method, bytes FROM resource WHERE type = ?1 AND id = ?2"};
constexpr sql::Query kCurrentByIdOf{
    "SELECT key, patient, type, id, version, updated, method, bytes FROM resource WHERE type = ?1 AND id = ?2 "
    "AND patient = ?3"};
constexpr sql::Query kWhereItIs{"SELECT patient FROM locator WHERE type = ?1 AND id = ?2"};
constexpr sql::Query kCurrentByKey{
    "SELECT key, patient, type, id, version, updated, method, bytes FROM resource WHERE key = ?1"};
constexpr std::string_view kCurrentOfMany =
    "SELECT r.key, r.patient, r.type, r.id, r.version, r.updated, r.method, r.bytes FROM (VALUES ";
constexpr std::string_view kOfMany =
    ") AS asked CROSS JOIN resource r ON r.type = asked.column1 AND r.id = asked.column2";
// Of a resource: older versions stay with the patient that they were of.
#define VARDE_OLDER "SELECT resource, patient, type, '', version, updated, method, bytes FROM history WHERE resource = ?1"
constexpr sql::Query kOlderVersion{VARDE_OLDER " AND version = ?2"};
constexpr sql::Query kOlderVersionOf{VARDE_OLDER " AND version = ?2 AND patient = ?3"};
constexpr sql::Query kOlderVersions{VARDE_OLDER " AND version < ?2 ORDER BY version DESC LIMIT ?3"};
constexpr sql::Query kOlderVersionsOf{
    VARDE_OLDER " AND version < ?2 AND patient = ?4 ORDER BY version DESC LIMIT ?3"};
#undef VARDE_OLDER
constexpr sql::Keyed kByToken{
    "token", "SELECT resource FROM token WHERE parameter = ?1 AND code = ?2 AND system = (SELECT key FROM symbol WHERE text = ?3)"};
constexpr sql::Keyed kByTokenWithoutSystem{
    "token", "SELECT resource FROM token WHERE parameter = ?1 AND code = ?2 AND system = 0"};
constexpr sql::Keyed kWithToken{
    "token", "SELECT resource FROM token WHERE parameter = ?1 AND code = ?2 AND patient = ?3 ORDER BY resource"};
constexpr sql::Keyed kHasToken{
    "token", "SELECT 1 FROM token WHERE parameter = ?1 AND code = ?2 AND patient = ?3 AND resource = ?4 LIMIT 1"};
constexpr sql::Keyed kHasTokenOfSystem{
    "token", "SELECT 1 FROM token WHERE parameter = ?1 AND code = ?2 AND patient = ?3 AND resource = ?4 AND system = ?5"};
constexpr sql::Keyed kReferring{
    "reference", "SELECT resource FROM reference WHERE parameter = ?1 AND target_id = ?2 AND target_type = ?3"};
constexpr sql::Query kPatientKey{"SELECT key FROM patient WHERE id = ?1"};
constexpr sql::Query kPatientId{"SELECT id FROM patient WHERE key = ?1"};
constexpr sql::Query kSymbolText{"SELECT text FROM symbol WHERE key = ?1"};
constexpr sql::Query kSymbolKey{"SELECT key FROM symbol WHERE text = ?1"};
constexpr sql::Query kMeasurements{
    "SELECT time, resource, part, value, unit, zone, comparator FROM measurement "
    "WHERE patient = ?1 AND measure = ?2 AND time >= ?3 AND time < ?4 AND valid = 1 "
    "ORDER BY time DESC, resource DESC, part DESC LIMIT ?5"};
constexpr sql::Query kStats{
    "SELECT count(*), min(value), max(value), coalesce(sum(value), 0.0) FROM measurement "
    "WHERE patient = ?1 AND measure = ?2 AND time >= ?3 AND time < ?4 AND valid = 1"};
constexpr sql::Query kNextMeasure{"SELECT min(measure) FROM measurement WHERE patient = ?1 AND measure > ?2"};
constexpr sql::Query kHasValid{
    "SELECT 1 FROM measurement WHERE patient = ?1 AND measure = ?2 AND valid = 1 LIMIT 1"};
// clang-format on

constexpr std::size_t kVersionsAtOnce = 8, kForeseenAtOnce = 128;

std::optional<Version> one_version(sql::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_version(rows);
}

/// Where rows are spread, the row of the id says on which node it is.
std::optional<Version> of_id(sql::Connection& connection, fhir::TypeId type, std::string_view id) {
  if (!connection.manner().is_spread) return one_version(connection.query(kCurrentById, type_key(type), id));
  std::int64_t whose = 0;
  {
    auto row = connection.query(kWhereItIs, type_key(type), id);
    if (!row.next()) return std::nullopt;
    whose = row.integer(0);
  }
  return one_version(connection.query(kCurrentByIdOf, type_key(type), id, whose));
}

/// Most are of the patient that the newest is of; elsewhere they are looked for where they are not found with them.
std::optional<Version> older_version(sql::Connection& connection, const Version& newest, std::int64_t version) {
  auto found = one_version(connection.query(kOlderVersionOf, newest.key, version,
                                            whose_in_row(connection.manner(), newest.patient, newest.key)));
  if (!found) found = one_version(connection.query(kOlderVersion, newest.key, version));
  if (found) found->id = newest.id;
  return found;
}

std::vector<ResourceKey> sorted_keys(sql::Rows rows) {
  std::vector<ResourceKey> keys;
  while (rows.next()) keys.push_back(rows.key<ResourceKey>(0));
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string in_index(const sql::Connection& connection, std::string_view text) {
  return index_text(text, connection.manner().longest_key);
}

std::string symbol_text(sql::Connection& connection, std::int64_t key) {
  auto rows = connection.query(kSymbolText, key);
  return rows.next() ? rows.string(0) : std::string();
}

/// nullopt: nothing stored has that text.
std::optional<std::int64_t> symbol_key(sql::Connection& connection, std::string_view text) {
  if (text.empty()) return 0;
  auto rows = connection.query(kSymbolKey, text);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

}  // namespace

void Snapshot::leave() { throw EngineError(Trouble::contended, "a write goes beyond the patients that it had named"); }

void Snapshot::stay_within(PatientKey patient) const {
  if (write_.within && std::find(write_.within->begin(), write_.within->end(), patient) == write_.within->end())
    leave();
}

/// What is nobody's is changed by none but those who reach everything.
std::optional<Version> Snapshot::within_reach(std::optional<Version> version) const {
  if (version && version->patient != PatientKey::none) stay_within(version->patient);
  return version;
}

std::optional<Version> Snapshot::current(fhir::TypeId type, std::string_view id) const {
  auto* const known = write_.resources;
  if (known)
    if (const auto* found = known->find(type, id)) return within_reach(*found);
  auto found = of_id(connection_, type, id);
  if (known && found) known->note_read(*found);
  if (known && !found) known->note_absent(type, id);
  return within_reach(std::move(found));
}

std::optional<Version> Snapshot::current(ResourceKey key) const {
  auto* const known = write_.resources;
  if (known)
    if (const auto* found = known->find(key)) return within_reach(*found);
  auto found = one_version(connection_.query(kCurrentByKey, key));
  if (known && found) known->note_read(*found);
  return within_reach(std::move(found));
}

void Snapshot::foresee(std::span<const std::pair<fhir::TypeId, std::string>> places) const {
  auto* const known = write_.resources;
  if (!known || connection_.manner().is_spread) return;  // each is asked for on its own node
  std::set<std::pair<fhir::TypeId, std::string>> asked;
  for (const auto& place : places)
    if (!known->find(place.first, place.second)) asked.insert(place);
  while (asked.size() > 1) {
    // Few lengths, since the engine keeps each text: what is too much repeats the first.
    const auto count = std::min(std::bit_ceil(asked.size()), kForeseenAtOnce);
    std::string text(kCurrentOfMany);
    for (std::size_t i = 0; i < count; ++i)
      text += fmt::format("{}(?{}, ?{})", i == 0 ? "" : ", ", 2 * i + 1, 2 * i + 2);
    text += kOfMany;
    sql::Statement& statement = connection_.prepare(std::string_view(text));
    sql::Rows rows(statement);
    auto place = asked.begin();
    for (std::size_t i = 0; i < count; ++i, place = place == asked.end() ? place : std::next(place)) {
      const auto& [type, id] = place == asked.end() ? *asked.begin() : *place;
      sql::bind_value(statement, static_cast<int>(2 * i + 1), type_key(type));
      sql::bind_value(statement, static_cast<int>(2 * i + 2), id);
    }
    auto absent = std::set(asked.begin(), place);
    while (rows.next()) {
      const Version version = read_version(rows);
      absent.erase({version.type, version.id});
      known->note_read(version);
    }
    for (const auto& [type, id] : absent) known->note_absent(type, id);
    asked.erase(asked.begin(), place);
  }
}

std::optional<Version> Snapshot::version(fhir::TypeId type, std::string_view id, std::int64_t version) const {
  auto newest = current(type, id);
  if (!newest || newest->version <= version) return newest && newest->version == version ? newest : std::nullopt;
  return older_version(connection_, *newest, version);
}

std::optional<Version> Snapshot::version(ResourceKey key, std::int64_t version) const {
  auto newest = current(key);
  if (!newest || newest->version <= version) return newest && newest->version == version ? newest : std::nullopt;
  return older_version(connection_, *newest, version);
}

std::vector<Version> Snapshot::history(fhir::TypeId type, std::string_view id, std::size_t count, std::int64_t before,
                                       std::size_t most_bytes) const {
  std::vector<Version> versions;
  if (count == 0) return versions;
  auto newest = current(type, id);
  if (!newest) return versions;
  const auto key = newest->key;
  const auto whose = whose_in_row(connection_.manner(), newest->patient, key);
  if (newest->version < before) versions.push_back(std::move(*newest));
  std::size_t bytes = versions.empty() ? 0 : versions.front().bytes.size();
  bool moved = false;  // some are of another patient
  while (bytes <= most_bytes && versions.size() < count && (versions.empty() || versions.back().version > 1)) {
    // A few at a time: an engine may gather what a statement yields, and each of them may be large.
    const auto few = std::min(count - versions.size(), kVersionsAtOnce);
    const auto until = versions.empty() ? before : versions.back().version;
    auto older = moved ? connection_.query(kOlderVersions, key, until, few)
                       : connection_.query(kOlderVersionsOf, key, until, few, whose);
    std::size_t found = 0;
    for (; bytes <= most_bytes && older.next(); ++found) {
      const auto version = older.integer(4);
      const bool follows =
          versions.empty() ? version == std::min(before, newest->version) - 1 : version == versions.back().version - 1;
      if (!moved && !follows) break;
      versions.push_back(read_version(older));
      versions.back().id = id;
      bytes += versions.back().bytes.size();
    }
    if (found == few || bytes > most_bytes) continue;
    if (std::exchange(moved, true)) break;
  }
  return versions;
}

bool Snapshot::is_new() const {
  auto rows = connection().query(kAnything);
  rows.next();
  return rows.integer(0) == 0;
}

std::vector<ResourceKey> Snapshot::by_token(ParameterKey parameter, std::string_view system,
                                            std::string_view code) const {
  const std::string text = in_index(connection_, code);
  return sorted_keys(system.empty() ? connection().query(kByTokenWithoutSystem, parameter, text)
                                    : connection().query(kByToken, parameter, text, system));
}

std::vector<ResourceKey> Snapshot::by_identifier(fhir::TypeId type, std::string_view system,
                                                 std::string_view value) const {
  return by_token(parameter_key(fhir::row_of(type).name, "identifier"), system, value);
}

std::vector<ResourceKey> Snapshot::referring(ParameterKey parameter, fhir::TypeId target, std::string_view id) const {
  return sorted_keys(connection().query(kReferring, parameter, id, type_key(target)));
}

std::vector<ResourceKey> Snapshot::with_token(ParameterKey parameter, std::string_view code, PatientKey patient) const {
  std::vector<ResourceKey> keys;
  const std::string text = in_index(connection_, code);
  for (auto rows = connection_of(patient).query(kWithToken, parameter, text, patient); rows.next();)
    keys.push_back(rows.key<ResourceKey>(0));
  return keys;
}

bool Snapshot::has_token(ParameterKey parameter, std::optional<std::string_view> system, std::string_view code,
                         PatientKey patient, ResourceKey resource) const {
  const std::string text = in_index(connection_, code);
  stay_within(patient);
  if (!system) return connection_.query(kHasToken, parameter, text, patient, resource).next();
  const auto key = symbol_key(connection_, *system);
  return key && connection_.query(kHasTokenOfSystem, parameter, text, patient, resource, *key).next();
}

PatientKey Snapshot::patient_key(std::string_view patient_id) const {
  if (write_.patients)
    if (const auto known = write_.patients->key(patient_id)) return *known;
  if (!write_.patients)
    if (const auto known = connection_.patients().find(patient_id)) return PatientKey{*known};
  auto rows = connection_.query(kPatientKey, patient_id);
  if (!rows.next()) return PatientKey::none;
  const auto key = rows.key<PatientKey>(0);
  if (write_.patients)
    write_.patients->note(patient_id, key);
  else
    connection_.patients().note(patient_id, rows.integer(0));
  return key;
}

std::string Snapshot::patient_id(PatientKey patient) const {
  if (write_.patients)
    if (const auto* known = write_.patients->id(patient)) return *known;
  auto rows = connection_.query(kPatientId, patient);
  if (!rows.next()) return {};
  auto id = rows.string(0);
  if (write_.patients) write_.patients->note(id, patient);
  return id;
}

std::vector<Measurement> Snapshot::measurements(PatientKey patient, std::string_view measure, Instant from, Instant to,
                                                std::size_t count) const {
  std::vector<Measurement> found;
  const auto measure_key = symbol_key(connection_of(patient), measure);
  if (!measure_key) return found;
  std::int64_t unit_key = 0;
  std::string unit;  // of unit_key; one measure has one canonical unit, so it is looked up once
  auto rows = connection_.query(kMeasurements, patient, *measure_key, from, to, count);
  while (rows.next()) {
    if (rows.integer(4) != unit_key) unit = symbol_text(connection_, unit_key = rows.integer(4));
    found.push_back({.patient = patient,
                     .measure = std::string(measure),
                     .time = rows.instant(0),
                     .observation = rows.key<ResourceKey>(1),
                     .value = rows.real(3),
                     .unit = unit,
                     .zone = static_cast<char>(rows.integer(5)),
                     .valid = true,
                     .part = rows.integer(2),
                     .comparator = static_cast<char>(rows.integer(6))});
  }
  return found;
}

MeasurementStats Snapshot::stats(PatientKey patient, std::string_view measure, Instant from, Instant to) const {
  const auto measure_key = symbol_key(connection_of(patient), measure);
  if (!measure_key) return {};
  auto rows = connection_.query(kStats, patient, *measure_key, from, to);
  if (!rows.next() || rows.integer(0) == 0) return {};
  return {.count = rows.integer(0), .minimum = rows.real(1), .maximum = rows.real(2), .sum = rows.real(3)};
}

std::vector<std::string> Snapshot::measures(PatientKey patient) const {
  std::vector<std::string> found;
  stay_within(patient);
  for (std::int64_t measure = -1;;) {  // hops from measure to measure; a patient's rows are never walked through
    {
      auto next = connection_.query(kNextMeasure, patient, measure);
      if (!next.next() || next.is_null(0)) return found;
      measure = next.integer(0);
    }
    if (connection_.query(kHasValid, patient, measure).next()) found.push_back(symbol_text(connection_, measure));
  }
}

std::vector<ResourceKey> Snapshot::live_resources(ResourceKey after, std::size_t count) const {
  std::vector<ResourceKey> out;
  for (auto rows = connection().query(kLive, after, count); rows.next();) out.push_back(rows.key<ResourceKey>(0));
  return out;
}

IndexRules Snapshot::index_rules() const {
  auto rows = connection_.query(kIndexRules);
  return rows.next() ? rows.key<IndexRules>(0) : IndexRules::none;
}

}  // namespace varde::storage
