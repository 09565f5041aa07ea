#pragma once
/// @file norway/message_time.h
/// Times in messages are Norwegian wall-clock time and usually say no offset; FHIR demands one. The offset is attached,
/// the clock reading is never changed; on the way back an offset that is Norway's own is left out again.
/// Source: XML Schema part 2 (dateTime, date, gYear, gYearMonth), https://hl7.org/fhir/R4/datatypes.html#dateTime,
///         fhir-model/time/zone.h for Norway's summer time.
/// The hour that autumn repeats is taken as its first time round, the hour that spring skips as summer time.
#include <optional>
#include <string>
#include <string_view>

namespace varde::norway {

/// FHIR dateTime of a TS value (dateTime, date, gYear, gYearMonth); nullopt for what FHIR cannot say (a time alone).
std::optional<std::string> to_fhir_time(std::string_view xml);
/// The message's value of a FHIR dateTime, instant or date.
std::string to_message_time(std::string_view fhir);
/// As to_message_time, for an xs:dateTime: a date alone becomes its midnight.
std::string to_message_date_time(std::string_view fhir);
/// "21.11.2026 08:05" in Norwegian wall-clock time; a date alone without the clock. As given when it is not a time.
std::string to_reader(std::string_view fhir);
/// True when seconds are given: the value is a FHIR instant.
bool is_instant(std::string_view fhir);

}  // namespace varde::norway
