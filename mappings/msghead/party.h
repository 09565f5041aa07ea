#pragma once
/// @file mappings/msghead/party.h
/// Organisations of a message, in levels, with a health professional. What stands beside the patient becomes contained
/// resources that one reference names by identifier and display, so that nothing is lost and nothing becomes a register
/// of its own. Sources: HIS 80601:2006 (Organisation, HealthcareProfessional), felleskomponent1.
#include "mappings/msghead/person.h"

namespace varde::mappings::msghead {

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

}  // namespace varde::mappings::msghead
