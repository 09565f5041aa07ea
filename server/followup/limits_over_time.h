#pragma once
/// @file server/followup/limits_over_time.h
/// Which limits held when: a curve of a year shows each stretch by the limits of its own time, not by today's.
/// The history of the patient's ServiceRequests is the source. The first that says limits of a measure counts from the
/// beginning of its period, as it does for a reading that comes late; a later one from its own beginning where it
/// names one, else from when it was written. It holds until the next, its own end, or until it was revoked.
#include <map>
#include <string>
#include <vector>

#include "server/followup/instant.h"
#include "server/followup/rule/limit.h"
#include "server/interaction/act.h"

namespace varde::followup {

struct LimitsThen {
  Bounds in_force;
  LimitSet limits;
};

/// By measure's key, oldest first, none overlapping.
using LimitsOverTime = std::map<std::string, std::vector<LimitsThen>>;

LimitsOverTime limits_over_time(const interaction::View& view, storage::PatientKey patient);

/// When the follow-up rested: of all the patient's enrolments, by EpisodeOfCare.statusHistory; oldest first.
std::vector<Bounds> pauses_over_time(const interaction::View& view, storage::PatientKey patient);

}  // namespace varde::followup
