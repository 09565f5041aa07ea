#pragma once
/// @file server/messaging/patient_match.h
/// Which of our patients a message is about. Only identity numbers decide; names are never enough to act on.
/// Source: HIS 80415:2012 §3.3.4, acceptance criteria 12, 16, 17 of the PLO receive kits; HIS 1001:2010.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "mappings/message.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::messaging {

struct PatientMatch {
  enum class Kind {
    one,
    unknown,        ///< identity numbers, none of which we know
    doubtful,       ///< the number is known, but neither name nor date of birth agree: a person must look
    invalid,        ///< no number that can be right: a person must look
    contradictory,  ///< several numbers of one kind, and no person has two: a person must look
    ambiguous,      ///< identity numbers of two of our patients: a person must look
    unnumbered,     ///< name, birth date and sex only: a person must look
  } kind;
  std::string id;  ///< of `one`
};

PatientMatch match(const interaction::View& view, const mappings::PatientIdentity& identity);
/// The date of birth or some part of the name is the same, or nothing can be compared.
bool agrees(const mappings::PatientIdentity& identity, fhir::Element patient);

}  // namespace varde::messaging
