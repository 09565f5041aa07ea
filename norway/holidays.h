#pragma once
/// @file norway/holidays.h
/// Days on which offices in Norway are closed: Saturdays, Sundays, and the public holidays, fixed and movable.
/// Source: lov om 1. og 17. mai som høgtidsdager (LOV-1947-04-26-1), lov om helligdager og helligdagsfred
///         (LOV-1995-02-24-12); Easter by the Gregorian computus (Meeus, Astronomical Algorithms, 1991)
/// Units:  days of the Norwegian calendar, Gregorian, any year from 1583. Pure; any thread.
#include <chrono>
#include <string_view>

namespace varde::norway {

std::chrono::local_days easter_sunday(std::chrono::year year);
/// "Skjærtorsdag"; empty when it is no public holiday.
std::string_view holiday(std::chrono::local_days day);
/// Monday to Friday, and no public holiday.
bool is_working_day(std::chrono::local_days day);

}  // namespace varde::norway
