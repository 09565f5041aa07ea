#pragma once
/// @file mappings/plo/summary.h
/// What a follow-up centre tells the patient's GP, as the FHIR Bundle that becomes a HELSEOPPLYSNINGER_LEGE:
/// status, the last measurements as a list a human can read in any journal system, with the limits in force.
/// Source: HIS 1145:2014 (headings of code list 9142, type of content of list 9137), HIS 80704:2014.
/// Use:    gp_summary_bundle(summary).and_then([](auto& b) { return from_fhir(b.root()); })
/// Faults: required_missing (a sender or receiver without HER-id, a patient without name or identity, no status text).
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "mappings/message.h"
#include "mappings/plo/letter.h"

namespace varde::mappings {

/// Code of the message that a summary becomes.
inline constexpr std::string_view kGpSummaryType = "HELSEOPPLYSNINGER_LEGE";

/// One measurement as a person reads it.
struct MeasurementLine {
  std::string when;   ///< FHIR dateTime; printed as Norwegian local time, "21.11.2026 08:05"
  std::string what;   ///< "SpO2", "Blodtrykk"
  std::string value;  ///< literal: "88", "142/91"
  std::string unit;   ///< "%", "mmHg"
  std::string level;  ///< "green", "yellow", "red", "grey" (printed in Norwegian) or ready text
};

/// Code list 9137.
enum class SummaryPurpose { status_report, wants_assessment };

struct GpSummary : LetterHead {  ///< of its type, whatever `type` says
  SummaryPurpose purpose = SummaryPurpose::status_report;
  std::string title;   ///< Composition.title; "Statusrapport digital hjemmeoppfølging" when empty
  std::string status;  ///< what is the matter and why we write now (heading PROB)
  std::vector<MeasurementLine> measurements;  ///< newest first (heading FU)
  std::string assessment;                     ///< optional (heading VU)
  std::string limits;                         ///< that the measurements are read against (heading FU); may be empty
  std::string plan;                           ///< what is planned (heading OP); may be empty
  std::vector<CodedText> diagnoses;           ///< the first is the main one
};

/// A Bundle of type `collection`: Communication, Patient, Composition, Conditions. See mappings/README.md for its
/// shape.
Result<fhir::Tree> gp_summary_bundle(const GpSummary& summary);

/// The measurements alone, a line each: «21.11.2026 08:05 – SpO2: 88 % (RØD)». No columns: journal systems show the
/// text in a proportional font.
std::string measurement_list(const std::vector<MeasurementLine>& lines);

}  // namespace varde::mappings
