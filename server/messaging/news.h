#pragma once
/// @file server/messaging/news.h
/// What a GP has not heard yet, in words: red readings with the worst and the latest of each measure, and what was
/// wrong in an earlier letter.
#include <optional>
#include <string>
#include <vector>

#include "server/followup/reading.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// «SpO2 60 % er under rød grense 85 % (22.11. kl. 09.10), siste måling SpO2 70 % (22.11. kl. 09.20)», by measure.
std::string red_in_words(const interaction::View& view, storage::PatientKey patient,
                         const std::vector<followup::Reading>& readings);
/// Somebody has taken the Task of one of the readings.
bool is_followed_up(const interaction::View& view, storage::PatientKey patient,
                    const std::vector<followup::Reading>& readings);
/// What became of a reading that a letter of `told` told of: «SpO2 80 % (22.11. kl. 09.10) er feilført: se bort fra
/// den». nullopt: it says what it said then.
std::optional<std::string> correction_in_words(const interaction::View& view, std::string_view observation_id,
                                               storage::Instant told);

}  // namespace varde::messaging
