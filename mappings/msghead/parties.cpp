#include "mappings/msghead/parties.h"

#include <algorithm>

#include "fhir-model/text/trim.h"

namespace varde::mappings::msghead {
namespace {

std::string full_name(const XmlNode& person) {
  std::string name;
  for (const std::string_view part : {"GivenName", "MiddleName", "FamilyName"}) {
    const std::string text = trimmed(person.at(part));
    if (text.empty()) continue;
    if (!name.empty()) name += ' ';
    name += text;
  }
  return name;
}

/// Id with TypeId, then every AdditionalId.
std::vector<Identifier> unit_ids(const XmlNode& unit) {
  std::vector<Identifier> ids;
  if (!unit.at("Id").empty()) ids.push_back({trimmed(unit.at("Id")), std::string(unit.at("TypeId/@V"))});
  for (const XmlNode* other : unit.all("AdditionalId"))
    ids.push_back({trimmed(other->at("Id")), std::string(other->at("Type/@V"))});
  return ids;
}

}  // namespace

std::string trimmed(std::string_view text) { return std::string(fhir::text::trimmed(text)); }

std::vector<Identifier> read_idents(const XmlNode& owner) {
  std::vector<Identifier> ids;
  for (const XmlNode* ident : owner.all("Ident")) {
    Identifier id{trimmed(ident->at("Id")), std::string(ident->at("TypeId/@V"))};
    if (!id.value.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

Party read_party(const XmlNode& organisation) {
  Party party;
  party.organisation = trimmed(organisation.at("OrganisationName"));
  party.organisation_ids = read_idents(organisation);
  const XmlNode* professional = organisation.child("HealthcareProfessional");
  for (const XmlNode* level = organisation.child("Organisation"); level; level = level->child("Organisation")) {
    party.department = trimmed(level->at("OrganisationName"));
    party.department_ids = read_idents(*level);
    if (const XmlNode* inner = level->child("HealthcareProfessional")) professional = inner;
  }
  if (professional) {
    party.person = full_name(*professional);
    party.person_ids = read_idents(*professional);
  }
  return party;
}

Party read_unit(const XmlNode& unit) {
  Party party;
  const XmlNode* institution = unit.child("Inst");
  const XmlNode* person = unit.child("HCProf");
  if (institution) {
    party.organisation = institution->at("Name");
    party.organisation_ids = unit_ids(*institution);
    if (const XmlNode* department = institution->child("Dept")) {
      party.department = department->at("Name");
      party.department_ids = unit_ids(*department);
    }
    person = institution->child("HCPerson");
  }
  if (person) {
    party.person = person->at("Name");
    party.person_ids = unit_ids(*person);
  }
  return party;
}

PatientIdentity read_patient(const XmlNode& patient) {
  return {.family = trimmed(patient.at("FamilyName")),
          .middle = trimmed(patient.at("MiddleName")),
          .given = trimmed(patient.at("GivenName")),
          .birth_date = trimmed(patient.at("DateOfBirth")),
          .sex = trimmed(patient.at("Sex/@V")),
          .ids = read_idents(patient)};
}

}  // namespace varde::mappings::msghead
