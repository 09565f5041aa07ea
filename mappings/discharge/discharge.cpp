/// EPIKRISE 1.1 and 1.2 (discharge letter) <-> Composition, a section per event with its information and comments, and
/// Encounter, Condition, MedicationStatement, AllergyIntolerance.
/// Sources: HIS 80226:2006 and 2014; code lists 8233 (kind of information), 8240 (level of care), 7306 (status).
#include <array>

#include "mappings/msghead/bare_head.h"
#include "mappings/msghead/parties.h"
#include "mappings/referral/clinical.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/message_time.h"

namespace varde::mappings::discharge {
namespace {

using namespace rows;
using namespace msghead;
using fhir::Editor;
using fhir::Element;

// clang-format off
const std::array kEventRows{
    //  message    FHIR         card        conversion
    Row{"InfItem", "section",   Card::many, section_fragment},
    Row{"Comment", "section",   Card::many, section_fragment},
    Row{"*",       "content()", Card::many, fragment},
};
const std::array kSubjectRows{
    Row{"",     "",          Card::one,  nested, kBarePatient},
    Row{"*",    "content()", Card::many, fragment},
};
const std::array kLetterRows{
    //  message     FHIR                      card            conversion
    Row{"Event",    "Composition.section",   Card::many,     section_group, kEventRows},
    Row{"Patient",  "Patient",               Card::one,      single, kSubjectRows},
    Row{"RefDoc",   "",                      Card::many,     elsewhere},
    Row{"*",        "Composition.content()", Card::many,     fragment},
};

/// Code list 8240: the class of the stay in HL7's v3-ActCode.
struct Class { std::string_view code, act; };
constexpr std::array kClasses{Class{"1", "IMP"}, Class{"2", "AMB"}, Class{"3", "AMB"}, Class{"4", "VR"}, Class{"5", "AMB"}, Class{"6", "VR"}};
// clang-format on

void set_class(Editor encounter, std::string_view level) {
  Editor coding = encounter.ensure("class");
  coding.add("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
  std::string_view act = "IMP";
  for (const auto& row : kClasses)
    if (row.code == level) act = row.act;
  coding.add("code", act);
}

/// The contact that the letter is about: over, since it is told of.
Editor encounter_of(Inbound& inbound, const XmlNode& event) {
  Editor encounter = inbound.add_resource("Encounter");
  if (!inbound.cancelled()) encounter.set("status", "finished");
  copy(encounter, "identifier", inbound.resource("Communication")["identifier"]);
  set_class(encounter, event.at("Service/AdmCat/@V"));
  struct End {
    std::string_view element, part;
  };
  constexpr std::array kEnds{End{"StartDateTime", "start"}, End{"EndDateTime", "end"}};
  for (const auto& end : kEnds)
    for (const std::string holder : {"ReportedEvent/", ""})
      if (const auto time = norway::to_fhir_time(event.at(holder + std::string(end.element) + "/@V"));
          time && !encounter["period"][end.part])
        encounter.ensure("period").set(end.part, *time);
  if (const XmlNode* outcome = event.child("AdmOutcome"))
    read_coded(*outcome, {}, encounter.ensure("hospitalization"), "dischargeDisposition");
  return encounter;
}

void derive(Inbound& inbound) {
  const XmlNode& payload = *inbound.message.payload();
  Editor composition = inbound.resource("Composition");
  if (const auto title = trimmed(payload.at("MsgDescr")); !title.empty()) composition.set("title", title);
  std::vector<Editor> sections;
  for (const Element section : composition.each("section")) sections.push_back(composition.edit(section));
  std::size_t number = 0;
  for (const XmlNode* event : payload.all("Event")) {
    Editor encounter = encounter_of(inbound, *event);
    if (number == 0) inbound.refer(composition, "encounter", encounter);
    if (number < sections.size()) {
      inbound.refer(sections[number], "entry", encounter);
      for (const Editor condition : referral::read_clinical(inbound, *event, sections[number]))
        inbound.refer(encounter.add("diagnosis"), "condition", condition);
    }
    ++number;
  }
}

XmlNode leaf(std::string_view name, std::string_view text) {
  XmlNode node;
  node.name = name, node.text = text;
  return node;
}

XmlNode at_time(std::string_view name, std::string_view time) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", norway::to_message_time(time)}};
  return node;
}

XmlNode holding(std::string_view name, XmlNode child) {
  XmlNode holder = leaf(name, "");
  holder.children.push_back(std::move(child));
  return holder;
}

XmlNode coded(std::string_view name, std::string_view code, std::string_view display) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", std::string(code)}, {"DN", std::string(display)}};
  return node;
}

/// Headings of list 8311 for the sections of another's Composition: every one of them is a comment.
XmlNode comment_of(Element section) {
  XmlNode comment = leaf("Comment", "");
  comment.children.push_back(coded("Heading", "VU", "Vurdering"));
  const std::string title(section["title"].value());
  comment.children.push_back(
      leaf("TextResultValue", (title.empty() ? "" : title + "\n") + plain_text(section["text"])));
  return comment;
}

/// The event of a letter that others made: the stay, its diagnoses, its text.
XmlNode event_of(Outbound& outbound) {
  const Element encounter = outbound.resource("Encounter");
  XmlNode event = leaf("Event", "");
  XmlNode reported = leaf("ReportedEvent", "");
  if (const auto start = encounter["period"]["start"].value(); !start.empty())
    reported.children.push_back(at_time("StartDateTime", start));
  if (const auto end = encounter["period"]["end"].value(); !end.empty())
    reported.children.push_back(at_time("EndDateTime", end));
  if (!reported.children.empty()) event.children.push_back(std::move(reported));
  event.children.push_back(coded("ServType", "N", "Ny"));
  event.children.push_back(holding("Service", coded("AdmCat", "1", "Heldøgnsopphold")));
  bool first = true;
  for (const Element condition : outbound.all("Condition")) {
    XmlNode code = leaf("Concept", "");
    if (!coded_cv.to_xml(outbound, Row{"", "", Card::one, coded_cv}, condition["code"], code)) continue;
    XmlNode item = holding("InfItem", holding("Observation", holding("CodedDescr", std::move(code))));
    item.children.push_back(first ? coded("Type", "H", "Hoveddiagnose") : coded("Type", "B", "Bidiagnose"));
    event.children.push_back(std::move(item));
    first = false;
  }
  for (const Element section : outbound.resource("Composition").each("section"))
    if (section["text"]) event.children.push_back(comment_of(section));
  return event;
}

void complete(Outbound& outbound, XmlNode& payload, std::string_view) {
  if (!payload.child("IssueDate"))
    payload.children.push_back(at_time("IssueDate", outbound.resource("Communication")["sent"].value()));
  if (!payload.child("Status")) payload.children.push_back(coded("Status", "F", "Endelig rapport"));
  if (!payload.child("MsgDescr")) payload.children.push_back(leaf("MsgDescr", "Epikrise"));
  if (!payload.child("Event") && outbound.resource("Encounter")) payload.children.push_back(event_of(outbound));
}

// clang-format off
constexpr std::array kVersions{
    MessageVersion{"1.2", "ServRprt", "http://www.kith.no/xmlstds/epikrise/2012-02-15", "1.1"},
    MessageVersion{"1.1", "ServRprt", "http://www.kith.no/xmlstds/epikrise/2006-09-23", "1.0", "E"}};
// clang-format on

}  // namespace
}  // namespace varde::mappings::discharge

namespace varde::mappings {

const rows::Mapping kDischargeLetter{discharge::kVersions, discharge::kLetterRows, true, discharge::derive,
                                     discharge::complete};

}  // namespace varde::mappings
