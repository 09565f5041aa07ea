#pragma once
/// @file server/messaging/letter/status_text.h
/// How a patient's follow-up stands, in Norwegian, as a colleague elsewhere reads it in a journal system: what is
/// measured, how it has gone, the plan in force, what is open.
#include <string>

#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::messaging::letter {

/// The course as others see it; trial and running are one.
enum class Standing : std::uint8_t { none, active, paused, ended };
Standing standing_of(fhir::Element episode_of_care);  ///< absent: none
std::string_view code_of(Standing standing);          ///< "active"
/// EpisodeOfCare of the patient that is under way; nullopt: none.
std::optional<fhir::Tree> open_episode(const interaction::View& view, storage::PatientKey patient);
/// «SpO2, puls»; empty: nothing is planned.
std::string measures_in_words(const interaction::View& view, storage::PatientKey patient);
/// «SpO2: 14 målinger, gjennomsnitt 91,2 %, lavest 86 %, høyest 95 % (12 grønne, 2 gule)», a line per measure.
std::string averages_in_words(const interaction::View& view, storage::PatientKey patient, storage::Instant from);
/// The self-treatment plans in force; empty: none.
std::string plan_in_words(const interaction::View& view, storage::PatientKey patient);
/// The alerts that nobody has closed, a line each; empty: none.
std::string alerts_in_words(const interaction::View& view, storage::PatientKey patient);
/// "20.11.2026" of a FHIR date or time.
std::string day_in_words(std::string_view date);

}  // namespace varde::messaging::letter
