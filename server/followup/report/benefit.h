#pragma once
/// @file server/followup/report/benefit.h
/// What a follow-up gave one patient, in numbers: the twelve months before it began, and 0 to 3, 3 to 6 and 6 to 12
/// after. Stays and home-care visits are Encounters, whoever sent them; readings, alerts and the time until they were
/// closed are what is stored.
/// Source: README.md, "Benefits". Units: days and minutes.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/followup/instant.h"
#include "server/followup/report/benefit_form.h"
#include "server/interaction/act.h"

namespace varde::followup {

struct BenefitPeriod {
  std::string_view code;  ///< "before-12"
  int from_month, to_month;
};
// clang-format off
inline constexpr std::array kBenefitPeriods{
    BenefitPeriod{"before-12", -12, 0},
    BenefitPeriod{"after-3",     0, 3},
    BenefitPeriod{"after-6",     3, 6},
    BenefitPeriod{"after-12",    6, 12},
};
// clang-format on

struct ReadingCounts {
  std::int64_t readings = 0, green = 0, yellow = 0, red = 0;
};

struct BenefitNumbers {
  std::int64_t days = 0;  ///< of the period that have passed
  std::int64_t admissions = 0, admission_days = 0;
  std::int64_t home_visits = 0, home_minutes = 0;
  std::optional<ReadingCounts> read;  ///< none: whoever asks may not be told of the patient's readings
  std::int64_t not_measured = 0;      ///< Tasks about a measure that was missed
  std::int64_t alerts_closed = 0;
  std::optional<std::int64_t> minutes_to_close;  ///< the median of them
  BenefitAnswers answers;  ///< what the patient said last in it; of the time before it began, the zero point
};

struct Benefit {
  std::string patient_id, district;  ///< "Organization/3"
  std::string start;                 ///< "2026-01-31"
  std::string stage;                 ///< of the latest course, as CodeSystem course and EpisodeOfCare.status say it
  std::array<BenefitNumbers, kBenefitPeriods.size()> periods;
};

/// nullopt: no follow-up of that patient has begun.
std::optional<Benefit> benefit_of(const interaction::View&, storage::PatientKey patient);

}  // namespace varde::followup
