#pragma once
/// @file server/followup/work/opening.h
/// When the follow-up centre is open, and the points in time that are counted by it. Usually Monday to Friday 08.00 to
/// 15.30, but for public holidays (service.h). Source: norway/holidays.h; README.md, "Work". Pure; safe from any
/// thread.
#include <chrono>

#include "server/followup/instant.h"
#include "server/followup/service.h"

namespace varde::followup {

bool is_open_at(Instant at, const OpeningHours& hours, const time::Zone& zone);
/// When the shift ends that runs at that time; where none does, of the next one.
Instant end_of_shift(Instant at, const OpeningHours& hours, const time::Zone& zone);
/// When the next shift begins; `at` itself while one runs.
Instant next_opening(Instant at, const OpeningHours& hours, const time::Zone& zone);
/// So much later, of the time in which somebody is at work.
Instant after_open_time(Instant at, std::chrono::minutes time, const OpeningHours& hours, const time::Zone& zone);

}  // namespace varde::followup
