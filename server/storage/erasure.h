#pragma once
/// @file server/storage/erasure.h
/// One person's data taken out of the store for good, older versions included (the right to erasure): resources of the
/// patient, what they are found by, measurements, limits, alerts, work, relations, and the messages about the patient.
/// What stays: the audit log, with the patient's id by which it knows whom it is about, others' resources that refer to
/// the patient, and what tells of other patients as well, such as a Group.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::erasure {

struct Belongings {
  std::vector<std::pair<std::string, std::int64_t>> resources;  ///< by type, in order of the type's name
  std::int64_t older_versions = 0;
  std::int64_t received = 0, sent = 0;  ///< messages
  std::int64_t named_by = 0;  ///< resources of others that refer to the patient, or tell of several and name them
};
Belongings belongings(const Snapshot&, PatientKey patient);
/// The bytes of each message about the patient that is stored, received and sent.
void each_message(const Snapshot&, PatientKey patient, const std::function<void(std::string_view)>& take);
void erase(Transaction&, PatientKey patient);
/// One received message, whosever it is, byte for byte; not its story.
void erase_received(Transaction&, std::int64_t inbox_id);
/// Rows went that are otherwise never removed: what is remembered of them is forgotten, in other processes too.
void note_erased(Transaction&);
/// Once something was erased, or much: the full text keeps traces of words until then. Costs as much as it is large.
void drop_traces(Transaction&);

}  // namespace varde::storage::erasure
