#pragma once
/// @file mappings/referral/clinical.h
/// What referrals and discharge letters say of the patient's state: InfItem, Diagnosis and Comment become sections that
/// hold them to the letter, and beside them resources of their own, so that they can be found and counted.
/// Sources: HIS 80517:2014, HIS 80517:2017, HIS 80226:2014; code lists 8233 (kind of information), 7110 (ICD-10), 7170
/// (ICPC-2), 7180 (ATC).
#include "mappings/rows/conversions.h"

namespace varde::mappings::referral {

/// Conditions, medicines, allergies of `holder`'s InfItem and Diagnosis elements, each an entry of the section that
/// `at` holds for the same element. Returns the Conditions.
std::vector<fhir::Editor> read_clinical(rows::Inbound&, const XmlNode& holder, fhir::Editor at);

/// An order of ours or another's as it stands in every referral: who asks whom, when, for whom.
fhir::Editor begin_request(rows::Inbound&, std::string_view intent);

/// Of a Bundle of others: InfItem with a coded diagnosis for each Condition.
void add_conditions(rows::Outbound&, XmlNode& out, std::string_view element);

}  // namespace varde::mappings::referral
