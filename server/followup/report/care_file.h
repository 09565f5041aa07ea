#pragma once
/// @file server/followup/report/care_file.h
/// What a municipality knows of home care and stays, as a table out of its own systems: it becomes Encounters, which
/// the benefit report counts. A line is a patient (Patient.id or national identity number), a kind, from when to when,
/// and for home care the minutes and the number of visits; a line may be a whole month of visits. The same file twice
/// is stored once. Source: README.md, "Benefits"; RFC 4180. Faults: those of a file are told all at once, each with its
/// line and never with a number of a person; nothing of such a file is stored. parameter_malformed, too_large,
/// business_rule.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/interaction/act.h"

namespace varde::followup {

struct CareLine {
  std::size_t line = 0;  ///< of the file, the heading is 1
  std::string patient, kind;
  std::string start, end;  ///< FHIR dates or times; end may be empty
  std::int64_t minutes = 0, visits = 1;
};

/// Heading first, in Norwegian or English: pasient, type, fra, til, minutter, besøk (patient, kind, start, end,
/// minutes, visits); separated by semicolons, commas or tabs; UTF-8.
Result<std::vector<CareLine>> read_care_file(std::string_view text);

struct CareCount {
  std::size_t stored = 0, known = 0;  ///< new or changed; as they were
};
Result<CareCount> store_care(interaction::Act& act, const std::vector<CareLine>& lines);

}  // namespace varde::followup
