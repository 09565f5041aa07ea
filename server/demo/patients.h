#pragma once
/// @file server/demo/patients.h
/// Three fictitious patients (COPD, heart failure, diabetes) with plan, limits, general practitioner and 90 days of
/// measurements up to this morning: what a new installation shows. The same every time, but for the dates. History is
/// written before the follow-up starts, so that it is coloured and raises nothing; one early red reading carries its
/// finished Task, and one yellow reading of this morning an open one. Identity numbers are synthetic (month + 80),
/// names and parties invented.
#include "server/interaction/repository.h"

namespace varde::demo {

/// Writes them into a database that is new; true when written. Any other is left as it is, so that they never come
/// among a municipality's own patients. Takes well under a second.
Result<bool> load_patients(const interaction::Repository&);

}  // namespace varde::demo
