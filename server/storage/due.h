#pragma once
/// @file server/storage/due.h
/// What must happen at a later time. A row is written in the transaction that decides it and removed in the one that
/// does it, so that neither a restart nor a crash loses or repeats it.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

enum class DueKind : std::uint8_t {
  summary,            ///< a red reading (Observation.id) that the GP is to be told of
  correction,         ///< a reading (Observation.id) that the GP was told of and that was wrong
  stay,               ///< a stay in hospital (Encounter.id) that is to begin
  measurement,        ///< the end of a window of a planned measurement, see followup/missing.h
  snooze,             ///< a Task (its id) that was put off, see followup/work
  escalation,         ///< a Task (its id) that nobody takes
  no_limits,          ///< an enrolment (EpisodeOfCare.id) that may still have no limits
  pause,              ///< a pause that was planned, and begins
  resume,             ///< a pause that ends by itself
  confirmation,       ///< a reading (Observation.id) whose alert waits for a second one
  worklist,           ///< Tasks from the one whose key is the subject on have no row in the worklist yet; of no patient
  contact,            ///< the fixed contact of an enrolment (EpisodeOfCare.id)
  evaluation,         ///< the evaluation of one
  reminder,           ///< a planned measurement is about to be missed, see followup/missing.h
  letter,             ///< an occasion to write a letter that leaves by itself, "<rule>/<what>", see messaging/letter
  retry = 20,         ///< the pause of a receiver to whom sending failed: "<route> <HER-id>", of no patient
  apprec = 21,        ///< the time by which a message of the outbox (its number) must be sent and answered
  page_session = 22,  ///< sessions of pages have ended, see page_sessions.h; of no patient
};

struct DueRow {
  DueKind kind{};
  PatientKey patient{};
  std::string subject;
  Instant at{};
};

namespace due {
void put(Transaction&, const DueRow& row);  ///< replaces the one of the same kind, patient and subject
void remove(Transaction&, DueKind kind, PatientKey patient, std::string_view subject);
void remove_all(Transaction&, DueKind kind, PatientKey patient);
/// at <= now, the longest due first.
std::vector<DueRow> ready(const Snapshot&, Instant now, std::size_t count);
std::vector<DueRow> of(const Snapshot&, DueKind kind, PatientKey patient);  ///< by subject
std::optional<Instant> at(const Snapshot&, DueKind kind, PatientKey patient, std::string_view subject);
/// Every row of that kind, later by that much: the clock was set forward.
void postpone(Transaction&, DueKind kind, std::chrono::microseconds by);
}  // namespace due

}  // namespace varde::storage
