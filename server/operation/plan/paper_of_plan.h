#pragma once
/// @file server/operation/plan/paper_of_plan.h
/// An egenbehandlingsplan as PDF: whose it is, where it stands, goals, a band for each colour, contacts.
#include <string>

#include "server/interaction/act.h"

namespace varde::operation {

std::string paper_of_plan(const interaction::View& view, fhir::Element care_plan);

}  // namespace varde::operation
