#pragma once
/// @file server/audit/event.h
/// One thing that somebody saw or did: as it is stored (a line of JSON), as a FHIR AuditEvent, and as a sentence.
/// Source: the national profile no-domain-Trustframework-Auditevent (HL7 Norway; stated to follow Normen 6.1),
///         https://hl7.org/fhir/R4/auditevent.html
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/auditor.h"
#include "server/storage/audit_log.h"

namespace varde::audit {

/// A row for each patient that the notes are about; one of no patient where they are about none.
std::vector<storage::audit_log::Row> rows_of(const access::Principal& who, const interaction::AuditableEvent& audited,
                                             const interaction::Notes& notes, int status, storage::Instant at);

/// "hpr 9144897" or "helseid person-1": what agents are searched by.
std::string agent_of(const access::Principal& who);

/// `patient`: the id of the row's patient; empty: none.
fhir::Tree audit_event_of(const storage::audit_log::Row& row, const std::string& patient);
/// "26.11.2026 kl. 14.05: Kari Nordmann (sykepleier i oppfølgingssenteret) leste 3 målinger." For the patient to read.
std::string sentence_of(const storage::audit_log::Row& row, const time::Zone& zone);

}  // namespace varde::audit
