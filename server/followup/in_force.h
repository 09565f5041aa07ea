#pragma once
/// @file server/followup/in_force.h
/// Which limits count for a patient and measure: those of the one ServiceRequest that is active and whose period holds
/// the moment. That is somebody's clinical choice: a second request for the same measure is refused, unless it names
/// the first in `replaces`. A row beside the ServiceRequest, written in the same transaction, answers in one probe;
/// the ServiceRequest is the truth when the row cannot be read.
/// Faults: business_rule (another request is in force), and those of limits.h.
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/asked.h"
#include "server/followup/instant.h"
#include "server/followup/rule/limit.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

struct LimitsInForce {
  LimitSet limits;           ///< none when nobody has set any
  std::vector<Asked> rules;  ///< beside the limits
  std::string source;        ///< versioned ServiceRequest
  bool unreadable = false;   ///< the row is damaged: `limits` come from the ServiceRequest, if that can be read
};
LimitsInForce limits_in_force(const interaction::View&, storage::PatientKey patient, const std::string& measure,
                              Instant at);

/// Whether it counts at all: neither a proposal nor one of several options is anybody's limits yet.
/// https://hl7.org/fhir/R4/valueset-request-intent.html
bool has_a_say(fhir::view::ServiceRequest request);
/// When it counts. https://hl7.org/fhir/R4/datatypes-definitions.html#Timing.repeat.bounds_x_
Bounds period_of(fhir::view::ServiceRequest request, const time::Zone& zone);

/// Before a ServiceRequest is written: its limits hold together, and no other request has the say.
Result<void> check_limits(const interaction::View&, storage::PatientKey patient, fhir::Element service_request,
                          Instant now);
/// After it is written: keeps the rows in step, and ends what it replaces.
Result<void> follow_limits(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
