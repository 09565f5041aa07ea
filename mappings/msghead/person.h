#pragma once
/// @file mappings/msghead/person.h
/// People of a message: names, identifiers, addresses, telephone numbers.
/// Sources: HIS 80601:2006 (Patient, HealthcareProfessional), felleskomponent1, HIS 1001:2010, no-basis-HumanName,
///          no-basis-Address, code lists 3401 (address), 9061 (telecom), 9060 (profession), 9034 (role to patient).
#include "mappings/rows/conversions.h"

namespace varde::mappings::msghead {
using namespace rows;

/// FamilyName ... TeleCom, below Patient.
extern const Rows kPerson;
/// The same below Referanseperson; FHIR side: RelatedPerson.
extern const Rows kRelativePerson;
/// The same for a health professional, below PractitionerRole.
extern const Rows kProfessional;
extern const Rows kAddress;
extern const Rows kPlainAddress;  ///< the same without post boxes, as messages before MsgHead have it

extern const Conversion ident;    ///< Ident <-> Identifier; `about`: its list, 8116 or 9051
extern const Conversion telecom;  ///< TeleCom <-> ContactPoint

}  // namespace varde::mappings::msghead
