#pragma once
/// @file server/operation/benefit_table.h
/// The benefit report as a table: a row per patient and period, the same columns in each form. The workbook has a
/// second sheet with a row per district and period, and headings in Norwegian. What whoever asks may not be told is
/// empty, and so is its sum. Source: server/followup/README.md, "Benefits". Pure.
#include <string>
#include <vector>

#include "server/followup/report/benefit.h"

namespace varde::operation {

std::string benefit_csv(const std::vector<followup::Benefit>& all);
std::string benefit_json(const std::vector<followup::Benefit>& all);  ///< Parameters
std::string benefit_xlsx(const std::vector<followup::Benefit>& all);

}  // namespace varde::operation
