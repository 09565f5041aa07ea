#pragma once
/// @file server/storage/followup.h
/// What the follow-up rules must know about a patient at the moment a measurement comes in: the limits in force,
/// whether the follow-up is active, and which alert is already open. One probe each. The resources stay the truth;
/// these rows are written in the same transaction as them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

struct LimitsRow {
  std::string measure;     ///< "http://loinc.org|2708-6"
  ResourceKey resource{};  ///< ServiceRequest that sets them
  Instant since{};
  std::string limits;  ///< text owned by server/followup; storage does not look into it
};

namespace limits {
/// Replaces what the same ServiceRequest said about the measure.
void put(Transaction&, PatientKey patient, const LimitsRow& row);
/// All that a ServiceRequest set (it was revoked, completed, or changed to other measures).
void remove(Transaction&, ResourceKey service_request);
/// Those for the measure, oldest first: one, or one for each period. None: nobody has set any.
std::vector<LimitsRow> of(const Snapshot&, PatientKey patient, std::string_view measure);
std::vector<LimitsRow> all(const Snapshot&, PatientKey patient);  ///< by measure
}  // namespace limits

enum class EnrolmentState : std::uint8_t { active, paused, ended };

struct EnrolmentRow {
  ResourceKey resource{};  ///< EpisodeOfCare
  EnrolmentState state = EnrolmentState::active;
  Instant since{};
  bool tells_green = false;  ///< readings inside the limits are told too
};

namespace enrolment {
void put(Transaction&, PatientKey patient, const EnrolmentRow& row);
void remove(Transaction&, PatientKey patient, ResourceKey episode);
std::vector<EnrolmentRow> all(const Snapshot&, PatientKey patient);  ///< oldest first
/// Patients with an enrolment, whatever became of it, ascending from behind `after`; at most `count`.
std::vector<PatientKey> patients(const Snapshot&, PatientKey after, std::size_t count);
/// Patients with an enrolment that has not ended, ascending from behind `after`; at most `count`.
std::vector<PatientKey> open_patients(const Snapshot&, PatientKey after, std::size_t count);
}  // namespace enrolment

struct AlertRow {
  std::string subject;  ///< correlation key: what the alert is about, such as the measure
  std::string task_id;
  Instant opened{};
};

namespace open_alert {
void put(Transaction&, PatientKey patient, const AlertRow& row);  ///< replaces the one with the same subject
void remove(Transaction&, PatientKey patient, std::string_view subject);
void remove_task(Transaction&, std::string_view task_id);  ///< the Task was closed
std::optional<AlertRow> get(const Snapshot&, PatientKey patient, std::string_view subject);
std::vector<AlertRow> all(const Snapshot&, PatientKey patient);
/// Those whose subject begins so.
std::vector<AlertRow> beginning(const Snapshot&, PatientKey patient, std::string_view prefix);
}  // namespace open_alert

}  // namespace varde::storage
