#include "server/storage/patients.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "server/storage/known_patients.h"
#include "server/storage/sql.h"

namespace varde::storage::patients {
namespace {

constexpr int kLongestChain = 32;  // links may form a circle

// clang-format off
constexpr sql::Query kSurvivor{"SELECT survivor FROM patient WHERE key = ?1 AND survivor IS NOT NULL"};
constexpr sql::Query kSetSurvivor{"UPDATE patient SET survivor = ?2 WHERE key = ?1"};

/// What goes with a patient, and which rows of it.
struct Moved {
  std::string_view table, key, rest;  ///< its columns; what `key` says tells one of the patient's rows from another
  std::string_view rows;
  bool moves_back;  ///< by the resource's own patient; what names none stays with whom it was given to
};
constexpr std::array kMoved{
    Moved{"measurement",    "measure, time, resource, part", ", value, unit, zone, valid, comparator",                      "", true},
    Moved{"observed",       "code, time, resource",          "",                                                            "", true},
    Moved{"measure_limits", "measure, resource",             ", since, limits",                                             "", true},
    Moved{"enrolment",      "resource",                      ", state, since",                                              "", true},
    Moved{"open_alert",     "subject",                       ", task, opened",                                              "", false},
    Moved{"worklist",       "resource",                      ", colour, due, opened, owner, district, situation, leads",    "", true},
    Moved{"due",            "kind, subject",                 ", at", "kind IN (0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12)",             false},
    Moved{"outbox",         "id",                            ", created, msg_id, type, receiver_her, in_reply_to, communication, state, attempts, "
                                                             "sent, route, receipt, receipt_at, apprec_status, apprec_errors, detail, bytes, copy_of, priority", "", false},
};
// clang-format on

enum class Way { there, back };

/// The rows of patient ?1 that go to ?2.
std::string going(const Moved& moved, Way way) {
  std::string text(moved.rows);
  if (way == Way::back)
    text = fmt::format(
        "resource IN (SELECT key FROM resource WHERE key IN (SELECT resource FROM {} WHERE patient = ?1) "
        "AND patient = ?2)",
        moved.table);
  return text.empty() ? "" : " AND " + text;
}

/// What goes takes the place of what stands there: that is removed first.
void move(sql::Connection& connection, const Moved& moved, PatientKey from, PatientKey to, Way way) {
  const std::string rows = going(moved, way);
  const auto run = [&](const std::string& text) { connection.run(std::string_view(text), from, to); };
  run(fmt::format("DELETE FROM {0} WHERE patient = ?2 AND ({1}) IN (SELECT {1} FROM {0} WHERE patient = ?1{2}){3}",
                  moved.table, moved.key, moved.rows.empty() ? "" : rows, rows));
  if (!connection.manner().lays_out_by_patient)
    return run(fmt::format("UPDATE {} SET patient = ?2 WHERE patient = ?1{}", moved.table, rows));
  run(fmt::format("INSERT INTO {0} (patient, {1}{2}) SELECT CAST(?2 AS BIGINT), {1}{2} FROM {0} WHERE patient = ?1{3}",
                  moved.table, moved.key, moved.rest, rows));
  run(fmt::format("DELETE FROM {} WHERE patient = ?1{}", moved.table, rows));
}

PatientKey next(const Snapshot& snapshot, PatientKey patient) {
  auto* const known = snapshot.known_patients();
  if (known)
    if (const auto next = known->next(patient)) return *next;
  auto rows = snapshot.connection_of_common().query(kSurvivor, patient);
  const auto next = rows.next() ? rows.key<PatientKey>(0) : PatientKey::none;
  if (known) known->note_next(patient, next);
  return next;
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
  transaction.known_patients()->forget();
  transaction.known_patients()->changed();
  const auto after = survivor(transaction, patient);
  if (before == after) return;
  if (before != patient)
    for (const auto& moved : kMoved)
      if (moved.moves_back) move(connection, moved, before, patient, Way::back);
  if (after != patient) {
    for (const auto& moved : kMoved) move(connection, moved, patient, after, Way::there);
  }
}

}  // namespace varde::storage::patients
