#include "mappings/referral/clinical.h"

#include <algorithm>
#include <array>

#include "mappings/msghead/parties.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/message_time.h"

namespace varde::mappings::referral {
namespace {

using namespace rows;
using fhir::Editor;
using fhir::Element;

/// Words of a place that holds text or XHTML.
std::string words_of(const XmlNode* node) {
  if (!node) return {};
  return msghead::trimmed(node->markup.empty() ? std::string_view(node->text) : words_in(node->markup));
}

void set_period(Editor resource, std::string_view name, const XmlNode& item) {
  const auto at = [&](std::string_view element) {
    const XmlNode* node = item.child(element);
    return !node ? std::string() : std::string(node->attribute("V").empty() ? node->text : node->attribute("V"));
  };
  for (const auto& [element, part] :
       {std::pair<std::string_view, std::string_view>{"StartDateTime", "start"}, {"EndDateTime", "end"}})
    if (const auto time = norway::to_fhir_time(msghead::trimmed(at(element)))) resource.ensure(name).set(part, *time);
}

void set_coded(Editor resource, std::string_view name, const XmlNode& code, std::string_view words) {
  read_coded(code, {}, resource, name);
  Editor made = resource.ensure(name);
  if (made["text"]) return;
  const auto shown = !words.empty() ? words : code.attribute("DN");
  if (!shown.empty()) made.set("text", shown);
}

Editor condition_of(Inbound& inbound, const XmlNode& code, std::string_view words, bool main) {
  Editor condition = inbound.add_resource("Condition");
  set_coded(condition, "code", code, words);
  if (!main) return condition;
  Editor extension = condition.add("extension");
  extension.add("url", extension_url("main-diagnosis"));
  extension.add("valueBoolean", "true");
  return condition;
}

Editor medicine_of(Inbound& inbound, const XmlNode& item, const XmlNode& medication) {
  Editor statement = inbound.add_resource("MedicationStatement");
  const XmlNode* drug = medication.child("DrugId");
  if (drug) set_coded(statement, "medicationCodeableConcept", *drug, drug->attribute("DN"));
  std::string dosage = msghead::trimmed(medication.at("DosageText"));
  if (const XmlNode* unit = medication.child("UnitDose"); unit && !unit->attribute("V").empty())
    dosage = std::string(unit->attribute("V")) + " " + std::string(unit->attribute("U")) +
             (dosage.empty() ? "" : ", " + dosage);
  if (!dosage.empty()) statement.add("dosage").add("text", dosage);
  set_period(statement, "effectivePeriod", item);
  return statement;
}

Editor warning_of(Inbound& inbound, const std::string& words) {
  Editor allergy = inbound.add_resource("AllergyIntolerance");
  allergy.ensure("code").set("text", words);
  return allergy;
}

/// The section that holds the n-th element of that name below `at`.
Editor section_of(Editor at, std::string_view name, std::size_t n) {
  for (const Element section : at.each("section"))
    for (const Element coding : section["code"].each("coding"))
      if (coding["system"].value() == kElementSystem && coding["code"].value() == name && n-- == 0)
        return at.edit(section);
  return {};
}

/// Of one InfItem; nothing where it is only words.
Editor read_item(Inbound& inbound, const XmlNode& item) {
  const auto kind = item.at("Type/@V");
  const XmlNode* observation = item.child("Observation");
  if (const XmlNode* medication = item.child("Medication")) return medicine_of(inbound, item, *medication);
  if (!observation) return {};
  const std::string words = words_of(observation->child("Description"));
  if (kind == "CAVE" || kind == "NB") return words.empty() || kind == "NB" ? Editor{} : warning_of(inbound, words);
  const XmlNode* code = observation->find("CodedDescr/Concept");
  if (!code) code = observation->child("CodedDescr");
  if (code && (kind == "H" || kind == "B" || kind == "ART")) return condition_of(inbound, *code, words, kind == "H");
  return {};
}

}  // namespace

std::vector<Editor> read_clinical(Inbound& inbound, const XmlNode& holder, Editor at) {
  std::vector<Editor> conditions;
  const auto link = [&](Editor made, std::string_view name, std::size_t n) {
    if (!made) return;
    if (Editor section = section_of(at, name, n); section) inbound.refer(section, "entry", made);
    if (made.type_name() == "Condition") conditions.push_back(made);
  };
  std::size_t items = 0, diagnoses = 0;
  for (const XmlNode& child : holder.children) {
    if (child.name == "InfItem") link(read_item(inbound, child), "InfItem", items++);
    if (child.name != "Diagnosis") continue;
    if (const XmlNode* code = child.child("Concept"))
      link(condition_of(inbound, *code, {}, diagnoses == 0), "Diagnosis", diagnoses);
    ++diagnoses;
  }
  return conditions;
}

Editor begin_request(Inbound& inbound, std::string_view intent) {
  Editor request = inbound.resource("ServiceRequest");
  const Element communication = inbound.resource("Communication");
  copy(request, "identifier", communication["identifier"]);
  request.set("intent", intent);
  if (intent == "order") {
    Editor coding = request.add("category").add("coding");
    coding.add("system", "http://snomed.info/sct");
    coding.add("code", "3457005");
    coding.add("display", "Patient referral");
  }
  if (communication["sent"].has_value()) request.set("authoredOn", communication["sent"].value());
  const auto name = [](Editor reference, Element party) {
    if (party["identifier"]) copy(reference, "identifier", party["identifier"]);
    if (party["display"]) reference.add("display", party["display"].value());
  };
  if (const Element sender = communication["sender"]) name(request.ensure("requester"), sender);
  if (const Element recipient = communication["recipient"]) name(request.add("performer"), recipient);
  return request;
}

void add_conditions(Outbound& outbound, XmlNode& out, std::string_view element) {
  if (out.child(element)) return;
  for (const Element condition : outbound.all("Condition")) {
    XmlNode concept_;
    concept_.name = "Concept";
    if (!coded_cv.to_xml(outbound, Row{"", "", Card::one, coded_cv}, condition["code"], concept_)) continue;
    XmlNode diagnosis;
    diagnosis.name = element;
    diagnosis.children.push_back(std::move(concept_));
    out.children.push_back(std::move(diagnosis));
  }
}

}  // namespace varde::mappings::referral
