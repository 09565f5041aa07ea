#pragma once
/// @file server/access/attestation.h
/// Why somebody at another organisation needs to see a patient's data, as that organisation attests it: the data model
/// of the Norwegian trust framework ("attestering av grunnlag for tilgang"), sent as base64url of its JSON in the
/// header X-Attestation. The model names no protocol of its own. Source: NorskHelsenett/Tillitsrammeverk,
/// informasjons_og_datamodell v1.1, 4.2.4 and 4.3 to 4.6 Faults: parameter_malformed (says what is missing), forbidden
/// (it contradicts the login, or is too old).
#include <chrono>
#include <string_view>

#include "fhir-model/fault/fault.h"
#include "server/access/circumstances.h"
#include "server/access/principal.h"

namespace varde::access {

inline constexpr std::chrono::hours kAttestationLife{24};
/// v3 PurposeOfUse, which the grounds are of.
inline constexpr std::string_view kPurposeOfUse = "urn:oid:2.16.840.1.113883.1.11.20448";

/// `into`: its grounds and whom they are about. Of the grounds what may be told to the patient is kept, flat: purpose,
/// purposeText, details, detailsText, detailsSystem, service, decision, decisionText, selfSelected, toa, pointOfCare,
/// department. No identity number.
Result<void> take_attestation(std::string_view header, const Principal& who, std::chrono::sys_seconds now,
                              Circumstances& into);

}  // namespace varde::access
