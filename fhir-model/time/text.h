#pragma once
/// @file fhir-model/time/text.h
/// A point in time as a zone's calendar and clock write it.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime; for people: Språkrådet, "Dato" and "Klokkeslett"
/// Pure; safe from any thread.
#include <string>

#include "fhir-model/time/zone.h"

namespace varde::time {

std::string fhir_date(std::chrono::local_days day);        ///< "2026-11-24"
std::string fhir_date(Instant at, const Zone& zone);       ///< the day it is there
std::string fhir_date_time(Instant at, const Zone& zone);  ///< "2026-11-24T00:30:00+01:00"
std::string norwegian_text(Instant at, const Zone& zone);  ///< "24.11. kl. 00.30"

}  // namespace varde::time
