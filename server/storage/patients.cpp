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
constexpr sql::Query kMoveLetters{"UPDATE outbox SET patient = ?2 WHERE patient = ?1"};

/// What goes with a patient: the columns that tell one of the patient's rows from another, and which rows go.
struct Moved {
  std::string_view table, key, rows;
  bool moves_back;  ///< by the resource's own patient; what names none stays with whom it was given to
};
constexpr std::array kMoved{
    Moved{"measurement",    "measure time resource part", "",                  true},
    Moved{"observed",       "code time resource",         "",                  true},
    Moved{"measure_limits", "measure resource",           "",                  true},
    Moved{"enrolment",      "resource",                   "",                  true},
    Moved{"open_alert",     "subject",                    "",                  false},
    Moved{"worklist",       "resource",                   "",                  true},
    Moved{"due",            "kind subject",               "kind IN (0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12)", false},
};
// clang-format on

enum class Way { there, back };

/// The rows of patient ?1 that go to ?2.
std::string going(const Moved& moved, Way way) {
  std::string text(moved.rows);
  if (way == Way::back)
    text = fmt::format("EXISTS (SELECT 1 FROM resource r WHERE r.key = {}.resource AND r.patient = ?2)", moved.table);
  return text.empty() ? "" : " AND " + text;
}

/// What goes takes the place of what stands there: that is removed first.
void move(sql::Connection& connection, const Moved& moved, PatientKey from, PatientKey to, Way way) {
  std::string same;
  for (std::string_view rest = moved.key; !rest.empty();) {
    const auto column = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(column.size() + 1, rest.size()));
    same += fmt::format(" AND there.{0} = {1}.{0}", column, moved.table);
  }
  connection.run(std::string_view(fmt::format("DELETE FROM {0} WHERE patient = ?2 AND EXISTS (SELECT 1 FROM {0} there "
                                              "WHERE there.patient = ?1{1}){2}",
                                              moved.table, same, going(moved, way))),
                 from, to);
  connection.run(
      std::string_view(fmt::format("UPDATE {} SET patient = ?2 WHERE patient = ?1{}", moved.table, going(moved, way))),
      from, to);
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
    connection.run(kMoveLetters, patient, after);
  }
}

}  // namespace varde::storage::patients
