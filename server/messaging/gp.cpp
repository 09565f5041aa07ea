#include "server/messaging/gp.h"

#include <array>

#include <fmt/format.h>

#include "fhir-model/element/reference.h"
#include "norway/identifiers.h"
#include "server/messaging/names.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

/// What a party is told by in a message: its numbers of HER, organisation, RESH and HPR.
constexpr bool is_party_number(std::string_view system) {
  return system == norway::kHerId || system == norway::kOrgNumber || system == norway::kReshId ||
         system == norway::kHpr;
}

std::vector<mappings::Identifier> numbers_of(fhir::Element resource) {
  std::vector<mappings::Identifier> numbers;
  for (const auto each : resource.each("identifier"))
    if (const auto* kind = norway::identifier_kind_of_system(each["system"].value());
        kind && is_party_number(kind->system))
      numbers.push_back({std::string(each["value"].value()), std::string(kind->code)});
  return numbers;
}

bool has_her(const std::vector<mappings::Identifier>& numbers) {
  for (const auto& each : numbers)
    if (each.type == "HER") return true;
  return false;
}

std::string name_of(fhir::Element human_name) {
  if (!human_name["text"].value().empty()) return std::string(human_name["text"].value());
  std::string name;
  for (const auto given : human_name.each("given")) name += std::string(given.value()) + " ";
  return name + std::string(human_name["family"].value());
}

std::optional<fhir::Tree> follow(const interaction::View& view, fhir::Element reference, std::string_view type) {
  const auto parsed = fhir::parse_reference(reference["reference"].value());
  if (parsed.form != fhir::LiteralReference::Form::relative || parsed.type != fhir::find_resource_type(type))
    return std::nullopt;
  return view.tree(parsed.type, parsed.id);
}

void add_organisation(const interaction::View& view, fhir::Element organisation, mappings::Party& party) {
  const auto parent = follow(view, organisation["partOf"], "Organization");
  if (parent) {
    party.organisation = parent->root()["name"].value();
    party.organisation_ids = numbers_of(parent->root());
    party.department = organisation["name"].value();
    party.department_ids = numbers_of(organisation);
  } else {
    party.organisation = organisation["name"].value();
    party.organisation_ids = numbers_of(organisation);
  }
}

void add_reference(const interaction::View& view, fhir::Element reference, mappings::Party& party);

void add_practitioner(fhir::Element practitioner, mappings::Party& party) {
  party.person = name_of(practitioner["name"]);
  for (auto& number : numbers_of(practitioner)) party.person_ids.push_back(std::move(number));
}

void add_role(const interaction::View& view, fhir::Element role, mappings::Party& party) {
  if (const auto practitioner = follow(view, role["practitioner"], "Practitioner"))
    add_practitioner(practitioner->root(), party);
  else
    party.person = role["practitioner"]["display"].value();
  // The role's HER-id is the communication party of this person at this place.
  for (auto& number : numbers_of(role)) {
    if (number.type == "HER") std::erase_if(party.person_ids, [](const auto& each) { return each.type == "HER"; });
    party.person_ids.push_back(std::move(number));
  }
  if (const auto organisation = follow(view, role["organization"], "Organization"))
    add_organisation(view, organisation->root(), party);
  else if (role["organization"])
    add_reference(view, role["organization"], party);
}

void add_reference(const interaction::View& view, fhir::Element reference, mappings::Party& party) {
  if (const auto role = follow(view, reference, "PractitionerRole")) return add_role(view, role->root(), party);
  if (const auto practitioner = follow(view, reference, "Practitioner"))
    return add_practitioner(practitioner->root(), party);
  if (const auto organisation = follow(view, reference, "Organization"))
    return add_organisation(view, organisation->root(), party);
  const auto named = reference["identifier"];
  if (named["system"].value() != norway::kHerId) return;
  party.organisation = reference["display"].value();
  party.organisation_ids.push_back({std::string(named["value"].value()), "HER"});
}

}  // namespace

Result<mappings::Party> gp_of(const interaction::View& view, fhir::Element patient) {
  for (const auto reference : patient.each("generalPractitioner")) {
    mappings::Party party;
    add_reference(view, reference, party);
    if (!has_her(party.organisation_ids) && !has_her(party.department_ids) && !has_her(party.person_ids)) continue;
    if (party.organisation.empty()) party.organisation = party.person.empty() ? "Fastlege" : party.person;
    return party;
  }
  return fail(Fault::business_rule,
              fmt::format("the patient has no general practitioner with a HER-id: set Patient.generalPractitioner to a "
                          "PractitionerRole, Practitioner or Organization with an identifier of system {}",
                          norway::kHerId),
              "Patient.generalPractitioner");
}

}  // namespace varde::messaging
