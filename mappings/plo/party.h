#pragma once
/// @file mappings/plo/party.h
/// People and organisations of a message: names, identifiers, addresses, telephone numbers; organisations in two levels
/// with a health professional. What stands beside the patient becomes contained resources that one reference names by
/// identifier and display, so that nothing is lost and nothing becomes a register of its own.
/// Sources: HIS 80601:2006 (Organisation, HealthcareProfessional, Patient), felleskomponent1, no-basis-HumanName,
///          no-basis-Address, code lists 3401 (address), 9061 (telecom), 9060 (profession), 9034 (role to patient).
#include "mappings/plo/conversions.h"

namespace varde::mappings::plo {

/// FamilyName ... TeleCom, below Patient, RelatedPerson or Practitioner.
extern const Rows kPerson;
/// The same for a health professional, below PractitionerRole.
extern const Rows kProfessional;
/// Below Organization; the levels inside it follow along.
extern const Rows kOrganisation;
/// The same within a payload (felleskomponent1), where no person stands in an organisation.
extern const Rows kContactUnit;

/// Organisation <-> contained Organization(s), named by the Reference this row stands in. `about`: stem of the id.
extern const Conversion organisation;
/// HealthcareProfessional <-> contained PractitionerRole + Practitioner, named by the Reference this row stands in.
extern const Conversion professional;
/// An element beside the patient <-> one of Communication.about. `about`: its name, `rows`: below the Reference.
extern const Conversion bystander;

}  // namespace varde::mappings::plo
