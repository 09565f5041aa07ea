/// HENVISNING (referral to a specialist) <-> ServiceRequest, Composition and what they speak of: 1.0 and 1.1 without
/// MsgHead, 2.0 with. Sources: HIS 80517:2005, 2014 (1.1) and 2017 (2.0); code lists 8304 (priority), 8455 (what is
/// wanted), 8231 (headings).
#include <algorithm>
#include <array>

#include "mappings/msghead/bare_head.h"
#include "mappings/msghead/parties.h"
#include "mappings/plo/components.h"
#include "mappings/referral/clinical.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/message_time.h"

namespace varde::mappings::referral {
namespace {

using namespace rows;
using fhir::Editor;
using fhir::Element;

// clang-format off
/// At the Composition, whatever the element stands in.
const std::array kSectionRows{
    //  message           FHIR                   card        conversion
    Row{"InfItem",        "Composition.section", Card::many, section_fragment},
    Row{"ReasonAsText",   "Composition.section", Card::many, section_fragment},
    Row{"Diagnosis",      "Composition.section", Card::many, section_fragment},
    Row{"Comment",        "Composition.section", Card::many, section_fragment},
};
const std::array kItemRows{Row{"InfItem", "Composition.section", Card::many, section_fragment}};
const std::array kReasonRows{
    Row{"ReasonAsText",   "Composition.section", Card::many, section_fragment},
    Row{"Diagnosis",      "Composition.section", Card::many, section_fragment},
    Row{"Comment",        "Composition.section", Card::many, section_fragment},
};

const std::array kSubjectRows{
    Row{"",               "",                    Card::one,  nested, msghead::kBarePatient},
    Row{"",               "",                    Card::one,  nested, kItemRows},
    Row{"*",              "content()",           Card::many, fragment},
};
/// 1.0 and 1.1, below ServReq.
const std::array kBareRows{
    //  message           FHIR                     card            conversion
    Row{"Patient",        "Patient",               Card::one,      single, kSubjectRows},
    Row{"",               "",                      Card::one,      nested, kReasonRows},
    Row{"RefDoc",         "",                      Card::many,     msghead::elsewhere},
    Row{"*",              "Composition.content()", Card::many,     fragment},
};

/// 2.0, below Henvisning. What the components of version 2.0 say beyond 1.6 is kept with the rest.
const std::array kRows20{
    //  message                        FHIR                     card            conversion
    Row{"ParorendeForesatt",           "Composition.section",   Card::many,     section_fragment},
    Row{"InfoAssistertKommunikasjon",  "Composition.section",   Card::many,     section_fragment},
    Row{"VurderingAvHenvisning",       "Composition.section",   Card::optional, section_fragment},
    Row{"PatientPrecaution",           "Composition.section",   Card::many,     section_fragment},
    Row{"Legemiddelgjennomgang",       "Composition.section",   Card::optional, section_fragment},
    Row{"OpplysningerOmIndividuellPlan", "Composition.section", Card::optional, section_fragment},
    Row{"",                            "",                      Card::one,      nested, kSectionRows},
    Row{"*",                           "Composition.content()", Card::many,     fragment},
};

struct Priority { std::string_view code, fhir; };
constexpr std::array kPriorities{   // 8304: from the hour to the month
    Priority{"0", "stat"}, Priority{"1H", "stat"}, Priority{"2H", "stat"}, Priority{"4H", "stat"}, Priority{"8H", "stat"},
    Priority{"1", "asap"}, Priority{"2", "asap"}, Priority{"3", "urgent"}, Priority{"7", "urgent"}, Priority{"14", "urgent"}};
// clang-format on

void set_notes(Editor request, Element composition) {
  for (const Element section : composition.each("section"))
    if (section["text"])
      request.add("note").add("text", std::string(section["title"].value()) + ": " + plain_text(section["text"]));
}

/// A section under the heading that its element carries: "Aktuell problemstilling", not "Reason as text".
void title_sections(Inbound& inbound, const XmlNode& holder) {
  Editor composition = inbound.resource("Composition");
  for (const std::string_view name : {"ReasonAsText", "Comment", "InfItem"}) {
    std::vector<std::string_view> titles;
    for (const XmlNode* each : holder.all(name)) {
      const auto heading = each->at("Heading/@DN");
      titles.push_back(heading.empty() ? each->at("Type/@DN") : heading);
    }
    std::size_t n = 0;
    for (const Element section : composition.each("section")) {
      if (section["code"]["coding"]["code"].value() != name || n >= titles.size()) continue;
      if (!titles[n].empty()) composition.edit(section).set("title", titles[n]);
      ++n;
    }
  }
}

void derive(Inbound& inbound) {
  const XmlNode& payload = *inbound.message.payload();
  Editor request = begin_request(inbound, "order");
  Editor composition = inbound.resource("Composition");
  std::vector<Editor> conditions;
  for (const XmlNode* holder : {payload.child("Patient"), &payload}) {
    if (!holder) continue;
    title_sections(inbound, *holder);
    const auto found = read_clinical(inbound, *holder, composition);
    conditions.insert(conditions.end(), found.begin(), found.end());
  }
  for (const Editor condition : conditions) {
    if (condition["code"]) copy(request, "reasonCode", condition["code"]);
    inbound.refer(request, "reasonReference", condition);
  }
  const auto priority = std::ranges::find(kPriorities, payload.at("ReqServ/Priority/@V"), &Priority::code);
  request.set("priority", priority == kPriorities.end() ? "routine" : priority->fhir);
  const XmlNode* wanted = payload.child("MsgDescr");
  if (!wanted) wanted = payload.find("TypeInnholdIMelding/TypeInnhold");
  if (wanted) read_coded(*wanted, "8455", request, "code");
  inbound.refer(request, "supportingInfo", composition);
  set_notes(request, composition);
}

XmlNode coded(std::string_view name, std::string_view code, std::string_view display) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", std::string(code)}, {"DN", std::string(display)}};
  return node;
}

XmlNode leaf(std::string_view name, std::string_view text) {
  XmlNode node;
  node.name = name, node.text = text;
  return node;
}

/// What others' sections say, as reasons in words.
void add_reasons(const Outbound& outbound, XmlNode& payload) {
  if (payload.child("ReasonAsText") || payload.child("Comment")) return;
  for (const Element section : outbound.resource("Composition").each("section")) {
    if (!section["text"]) continue;
    XmlNode reason = leaf("ReasonAsText", "");
    reason.children.push_back(coded("Heading", "PROB", "Aktuell problemstilling"));
    reason.children.push_back(leaf("TextResultValue", plain_text(section["text"])));
    payload.children.push_back(std::move(reason));
  }
}

XmlNode priority_of(std::string_view fhir) {
  if (fhir == "stat") return coded("Priority", "0", "Øyeblikkelig hjelp");
  if (fhir == "asap") return coded("Priority", "1", "Innen tjuefire timer");
  if (fhir == "urgent") return coded("Priority", "3", "Haster (elektiv)");
  return coded("Priority", "N", "Elektiv/Ordinær (elektiv)");
}

/// What a referral of others leaves to us.
void complete(Outbound& outbound, XmlNode& payload, std::string_view version) {
  const Element communication = outbound.resource("Communication");
  const auto sent = communication["sent"].value();
  const std::string id(communication["identifier"]["value"].value());
  const std::string plain = id.starts_with("urn:uuid:") ? id.substr(9) : id;
  const bool bare = version != "2.0";
  const auto has = [&](std::string_view name) { return payload.child(name) != nullptr; };
  if (!has("ServType") && !bare) payload.children.push_back(coded("ServType", "N", "Ny"));
  if (!has("IssueDate")) {
    XmlNode issued = leaf("IssueDate", bare ? "" : norway::to_message_date_time(sent));
    if (bare) issued.attributes = {{"V", norway::to_message_time(sent)}};
    payload.children.push_back(std::move(issued));
  }
  if (!has(bare ? "Id" : "DocumentId")) payload.children.push_back(leaf(bare ? "Id" : "DocumentId", plain));
  if (bare && !has("MsgDescr")) payload.children.push_back(coded("MsgDescr", "10", "Utredning/behandling"));
  if (!bare && !has("TypeInnholdIMelding")) {
    XmlNode holder = leaf("TypeInnholdIMelding", "");
    holder.children.push_back(coded("TypeInnhold", "10", "Utredning/behandling"));
    payload.children.push_back(std::move(holder));
  }
  if (!has("ReqServ")) {
    XmlNode service = leaf("ReqServ", "");
    service.children.push_back(coded("ServType", "N", "Ny"));
    service.children.push_back(priority_of(outbound.resource("ServiceRequest")["priority"].value()));
    payload.children.push_back(std::move(service));
  }
  add_reasons(outbound, payload);
  add_conditions(outbound, payload, "Diagnosis");
}

// clang-format off
constexpr std::array kBareVersions{
    MessageVersion{"1.1", "ServReq", "http://www.kith.no/xmlstds/henvisning/2012-02-15", "1.1"},
    MessageVersion{"1.0", "ServReq", "http://www.kith.no/xmlstds/henvisning/2005-07-08", "1.0", "H"}};
constexpr std::array kVersions20{
    MessageVersion{"2.0", "Henvisning", "http://ehelse.no/xmlstds/henvisning/2017-11-30", "1.1"}};
// clang-format on

}  // namespace
}  // namespace varde::mappings::referral

namespace varde::mappings {

const rows::Mapping kSpecialistReferral1{referral::kBareVersions, referral::kBareRows, true, referral::derive,
                                         referral::complete};
const rows::Mapping kSpecialistReferral2{referral::kVersions20, referral::kRows20, true, referral::derive,
                                         referral::complete};

}  // namespace varde::mappings
