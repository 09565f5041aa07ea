#include "server/storage/patients.h"

#include <array>

#include "server/storage/sql.h"

namespace varde::storage::patients {
namespace {

constexpr int kLongestChain = 32;  // links may form a circle

// clang-format off
constexpr sql::Query kSurvivor{"SELECT survivor FROM patient WHERE key = ?1 AND survivor IS NOT NULL"};
constexpr sql::Query kSetSurvivor{"UPDATE patient SET survivor = ?2 WHERE key = ?1"};
constexpr std::array kMove{
    sql::Query{"UPDATE OR REPLACE measurement SET patient = ?2 WHERE patient = ?1"},
    sql::Query{"UPDATE OR REPLACE observed SET patient = ?2 WHERE patient = ?1"},
    sql::Query{"UPDATE OR REPLACE measure_limits SET patient = ?2 WHERE patient = ?1"},
    sql::Query{"UPDATE OR REPLACE enrolment SET patient = ?2 WHERE patient = ?1"},
    sql::Query{"UPDATE OR REPLACE open_alert SET patient = ?2 WHERE patient = ?1"},
    sql::Query{"UPDATE OR REPLACE due SET patient = ?2 WHERE kind IN (0, 1, 2) AND patient = ?1"},
    sql::Query{"UPDATE outbox SET patient = ?2 WHERE patient = ?1"},
};
// An open alert, a letter and what is due are not told apart again: they stay with whom they were given to.
constexpr std::array kMoveBack{
    sql::Query{"UPDATE OR REPLACE measurement SET patient = ?2 WHERE patient = ?1 "
               "AND EXISTS (SELECT 1 FROM resource r WHERE r.key = measurement.resource AND r.patient = ?2)"},
    sql::Query{"UPDATE OR REPLACE observed SET patient = ?2 WHERE patient = ?1 "
               "AND EXISTS (SELECT 1 FROM resource r WHERE r.key = observed.resource AND r.patient = ?2)"},
    sql::Query{"UPDATE OR REPLACE measure_limits SET patient = ?2 WHERE patient = ?1 "
               "AND EXISTS (SELECT 1 FROM resource r WHERE r.key = measure_limits.resource AND r.patient = ?2)"},
    sql::Query{"UPDATE OR REPLACE enrolment SET patient = ?2 WHERE patient = ?1 "
               "AND EXISTS (SELECT 1 FROM resource r WHERE r.key = enrolment.resource AND r.patient = ?2)"},
};
// clang-format on

PatientKey next(const Snapshot& snapshot, PatientKey patient) {
  auto rows = snapshot.connection().query(kSurvivor, patient);
  return rows.next() ? rows.key<PatientKey>(0) : PatientKey::none;
}

}  // namespace

PatientKey survivor(const Snapshot& snapshot, PatientKey patient) {
  for (int i = 0; i < kLongestChain; ++i) {
    const auto after = next(snapshot, patient);
    if (after == PatientKey::none) return patient;
    patient = after;
  }
  return patient;
}

bool is_replaced(const Snapshot& snapshot, PatientKey patient) { return next(snapshot, patient) != PatientKey::none; }

void set_survivor(Transaction& transaction, PatientKey patient, PatientKey to) {
  auto& connection = transaction.connection();
  const auto before = survivor(transaction, patient);
  if (to == PatientKey::none)
    connection.run(kSetSurvivor, patient, std::nullopt);
  else
    connection.run(kSetSurvivor, patient, to);
  const auto after = survivor(transaction, patient);
  if (before == after) return;
  if (before != patient)
    for (const auto& query : kMoveBack) connection.run(query, before, patient);
  if (after != patient)
    for (const auto& query : kMove) connection.run(query, patient, after);
}

}  // namespace varde::storage::patients
