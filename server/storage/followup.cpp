#include "server/storage/followup.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "server/storage/known_patients.h"
#include "server/storage/sql.h"

namespace varde::storage {
namespace {

// clang-format off
/// All at once: to one statement there is one answer to wait for.
constexpr sql::Query kFollowed{
    "SELECT 0, resource, since, symbol.text, limits FROM measure_limits JOIN symbol ON symbol.key = measure WHERE patient = ?1 "
    "UNION ALL SELECT 1, resource, since, '', CAST(state AS TEXT) FROM enrolment WHERE patient = ?1 "
    "UNION ALL SELECT 2, 0, opened, subject, task FROM open_alert WHERE patient = ?1"};
// clang-format on

constexpr std::int64_t kTellsGreen = 16;  ///< beside the state, in one column

EnrolmentRow enrolment_of(ResourceKey resource, std::int64_t state, Instant since) {
  return {resource, static_cast<EnrolmentState>(state & ~kTellsGreen), since, (state & kTellsGreen) != 0};
}

Followed read_followed(const Snapshot& snapshot, PatientKey patient) {
  Followed out;
  for (auto rows = snapshot.connection_of(patient).query(kFollowed, patient); rows.next();) {
    switch (rows.integer(0)) {
      case 0: out.limits.push_back({rows.string(3), rows.key<ResourceKey>(1), rows.instant(2), rows.string(4)}); break;
      case 1: {
        std::int64_t state = 0;
        const auto text = rows.text(4);
        std::from_chars(text.data(), text.data() + text.size(), state);
        out.enrolments.push_back(enrolment_of(rows.key<ResourceKey>(1), state, rows.instant(2)));
        break;
      }
      default: out.alerts.push_back({rows.string(3), rows.string(4), rows.instant(2)});
    }
  }
  std::sort(out.limits.begin(), out.limits.end(), [](const auto& a, const auto& b) {
    return std::tie(a.measure, a.since, a.resource) < std::tie(b.measure, b.since, b.resource);
  });
  std::sort(out.enrolments.begin(), out.enrolments.end(),
            [](const auto& a, const auto& b) { return a.resource < b.resource; });
  std::sort(out.alerts.begin(), out.alerts.end(), [](const auto& a, const auto& b) { return a.subject < b.subject; });
  return out;
}

/// As the writer remembers it; nullptr for a read, and for what is no patient's.
const Followed* followed(const Snapshot& snapshot, PatientKey patient) {
  KnownPatients* const known = snapshot.known_patients();
  if (!known || patient == PatientKey::none) return nullptr;
  (void)snapshot.connection_of(patient);  // what is remembered of others may not hold
  if (const Followed* found = known->followed(patient)) return found;
  return &known->note(patient, read_followed(snapshot, patient));
}

void changes(const Transaction& transaction, PatientKey patient) {
  transaction.known_patients()->forget_followed(patient);
}

}  // namespace

namespace limits {
namespace {

// clang-format off
constexpr sql::Query kPut{
    "INSERT INTO measure_limits (patient, measure, resource, since, limits) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (patient, measure, resource) DO UPDATE SET since = excluded.since, limits = excluded.limits"};
constexpr sql::Query kRemove{"DELETE FROM measure_limits WHERE resource = ?1"};
constexpr sql::Query kOf{
    "SELECT resource, since, limits FROM measure_limits "
    "WHERE patient = ?1 AND measure = (SELECT key FROM symbol WHERE text = ?2)"};
constexpr sql::Query kAll{
    "SELECT symbol.text, resource, since, limits FROM measure_limits JOIN symbol ON symbol.key = measure "
    "WHERE patient = ?1 ORDER BY symbol.text, since, resource"};
// clang-format on

LimitsRow read(const sql::Rows& row) {
  return {
      .measure = row.string(0), .resource = row.key<ResourceKey>(1), .since = row.instant(2), .limits = row.string(3)};
}

}  // namespace

void put(Transaction& transaction, PatientKey patient, const LimitsRow& row) {
  changes(transaction, patient);
  transaction.connection_of(patient).run_later(kPut, patient, transaction.symbol(row.measure), row.resource, row.since,
                                               row.limits);
}

void remove(Transaction& transaction, ResourceKey service_request) {
  transaction.known_patients()->forget_followed_where([&](const Followed& each) {
    return std::any_of(each.limits.begin(), each.limits.end(),
                       [&](const LimitsRow& row) { return row.resource == service_request; });
  });
  transaction.connection().run_later(kRemove, service_request);
}

std::vector<LimitsRow> of(const Snapshot& snapshot, PatientKey patient, std::string_view measure) {
  std::vector<LimitsRow> found;
  if (const Followed* all = followed(snapshot, patient)) {
    std::copy_if(all->limits.begin(), all->limits.end(), std::back_inserter(found),
                 [&](const LimitsRow& row) { return row.measure == measure; });
    return found;
  }
  for (auto rows = snapshot.connection_of(patient).query(kOf, patient, measure); rows.next();)
    found.push_back({.measure = std::string(measure),
                     .resource = rows.key<ResourceKey>(0),
                     .since = rows.instant(1),
                     .limits = rows.string(2)});
  // One row, rarely two: comparing here is cheaper than a sorter for every measurement that comes in.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.since, a.resource) < std::pair(b.since, b.resource);
  });
  return found;
}

std::vector<LimitsRow> all(const Snapshot& snapshot, PatientKey patient) {
  if (const Followed* all = followed(snapshot, patient)) return all->limits;
  std::vector<LimitsRow> found;
  for (auto rows = snapshot.connection_of(patient).query(kAll, patient); rows.next();) found.push_back(read(rows));
  return found;
}

}  // namespace limits

namespace enrolment {
namespace {

constexpr sql::Query kPut{
    "INSERT INTO enrolment (patient, resource, state, since) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (patient, resource) DO UPDATE SET state = excluded.state, since = excluded.since"};
constexpr sql::Query kRemove{"DELETE FROM enrolment WHERE patient = ?1 AND resource = ?2"};
constexpr sql::Query kPatients{"SELECT DISTINCT patient FROM enrolment WHERE patient > ?1 ORDER BY patient LIMIT ?2"};
constexpr sql::Query kAll{"SELECT resource, state, since FROM enrolment WHERE patient = ?1 ORDER BY resource"};
constexpr sql::Query kOpenPatients{
    "SELECT DISTINCT patient FROM enrolment WHERE patient > ?1 AND state NOT IN (2, 18) ORDER BY patient LIMIT ?2"};

}  // namespace

void put(Transaction& transaction, PatientKey patient, const EnrolmentRow& row) {
  changes(transaction, patient);
  transaction.connection_of(patient).run_later(
      kPut, patient, row.resource, static_cast<std::int64_t>(row.state) | (row.tells_green ? kTellsGreen : 0),
      row.since);
}

void remove(Transaction& transaction, PatientKey patient, ResourceKey episode) {
  changes(transaction, patient);
  transaction.connection_of(patient).run_later(kRemove, patient, episode);
}

std::vector<EnrolmentRow> all(const Snapshot& snapshot, PatientKey patient) {
  if (const Followed* all = followed(snapshot, patient)) return all->enrolments;
  std::vector<EnrolmentRow> found;
  for (auto rows = snapshot.connection_of(patient).query(kAll, patient); rows.next();)
    found.push_back(enrolment_of(rows.key<ResourceKey>(0), rows.integer(1), rows.instant(2)));
  return found;
}

std::vector<PatientKey> patients(const Snapshot& snapshot, PatientKey after, std::size_t count) {
  std::vector<PatientKey> found;
  for (auto rows = snapshot.connection().query(kPatients, after, count); rows.next();)
    found.push_back(rows.key<PatientKey>(0));
  return found;
}

std::vector<PatientKey> open_patients(const Snapshot& snapshot, PatientKey after, std::size_t count) {
  std::vector<PatientKey> found;
  for (auto rows = snapshot.connection().query(kOpenPatients, after, count); rows.next();)
    found.push_back(rows.key<PatientKey>(0));
  return found;
}

}  // namespace enrolment

namespace open_alert {
namespace {

constexpr sql::Query kPut{
    "INSERT INTO open_alert (patient, subject, task, opened) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (patient, subject) DO UPDATE SET task = excluded.task, opened = excluded.opened"};
constexpr sql::Query kRemove{"DELETE FROM open_alert WHERE patient = ?1 AND subject = ?2"};
constexpr sql::Query kRemoveTask{"DELETE FROM open_alert WHERE task = ?1"};
constexpr sql::Query kGet{"SELECT subject, task, opened FROM open_alert WHERE patient = ?1 AND subject = ?2"};
constexpr sql::Query kAll{"SELECT subject, task, opened FROM open_alert WHERE patient = ?1 ORDER BY subject"};
constexpr sql::Query kBeginning{
    "SELECT subject, task, opened FROM open_alert WHERE patient = ?1 AND subject >= ?2 ORDER BY subject"};

AlertRow read(const sql::Rows& row) { return {row.string(0), row.string(1), row.instant(2)}; }

}  // namespace

void put(Transaction& transaction, PatientKey patient, const AlertRow& row) {
  changes(transaction, patient);
  transaction.connection_of(patient).run_later(kPut, patient, row.subject, row.task_id, row.opened);
}

void remove(Transaction& transaction, PatientKey patient, std::string_view subject) {
  changes(transaction, patient);
  transaction.connection_of(patient).run_later(kRemove, patient, subject);
}

void remove_task(Transaction& transaction, std::string_view task_id) {
  transaction.known_patients()->forget_followed_where([&](const Followed& each) {
    return std::any_of(each.alerts.begin(), each.alerts.end(),
                       [&](const AlertRow& row) { return row.task_id == task_id; });
  });
  transaction.connection().run_later(kRemoveTask, task_id);
}

std::optional<AlertRow> get(const Snapshot& snapshot, PatientKey patient, std::string_view subject) {
  if (const Followed* all = followed(snapshot, patient)) {
    const auto found = std::find_if(all->alerts.begin(), all->alerts.end(),
                                    [&](const AlertRow& row) { return row.subject == subject; });
    return found == all->alerts.end() ? std::nullopt : std::optional(*found);
  }
  auto rows = snapshot.connection_of(patient).query(kGet, patient, subject);
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

std::vector<AlertRow> all(const Snapshot& snapshot, PatientKey patient) {
  if (const Followed* all = followed(snapshot, patient)) return all->alerts;
  std::vector<AlertRow> found;
  for (auto rows = snapshot.connection_of(patient).query(kAll, patient); rows.next();) found.push_back(read(rows));
  return found;
}

std::vector<AlertRow> beginning(const Snapshot& snapshot, PatientKey patient, std::string_view prefix) {
  std::vector<AlertRow> found;
  if (const Followed* all = followed(snapshot, patient)) {
    std::copy_if(all->alerts.begin(), all->alerts.end(), std::back_inserter(found),
                 [&](const AlertRow& row) { return row.subject.starts_with(prefix); });
    return found;
  }
  for (auto rows = snapshot.connection_of(patient).query(kBeginning, patient, prefix);
       rows.next() && rows.text(0).starts_with(prefix);)
    found.push_back(read(rows));
  return found;
}

}  // namespace open_alert

}  // namespace varde::storage
