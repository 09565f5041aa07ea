#pragma once
/// @file server/messaging/patient_match.h
/// Which of our patients a message is about. Only identity numbers decide; names are never enough to act on.
/// Source: HIS 80415:2012 §3.3.4, acceptance criteria 12, 16, 17 of the PLO receive kits; HIS 1001:2010.
#include <string>
#include <string_view>

#include "mappings/message.h"
#include "server/storage/storage.h"

namespace varde::messaging {

struct PatientMatch {
  enum class Kind {
    one,
    unknown,       ///< identity numbers, none of which we know
    ambiguous,     ///< identity numbers of two of our patients: a person must look
    unnumbered,    ///< name, birth date and sex only: a person must look
  } kind;
  std::string id;  ///< of `one`
};

PatientMatch match(const storage::Snapshot& db, const mappings::PatientIdentity& identity);

}  // namespace varde::messaging
