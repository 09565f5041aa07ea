#pragma once
/// @file server/audit/routes.h
/// The audit log asked for: AuditEvent as FHIR, for auditors, and the patient's own log. Nothing here writes.
/// AuditEvent?patient=&agent=&date=&_count= newest first; AuditEvent/[number]; Patient/[id]/$access-log: the same about
/// oneself, with a sentence for each in Norwegian.
/// Faults: forbidden, not_found, parameter_unknown, parameter_malformed.
#include <vector>

#include "server/interaction/route.h"

namespace varde::audit {

/// They go before the interactions: AuditEvents are not resources like others.
std::vector<interaction::Route> routes();

}  // namespace varde::audit
