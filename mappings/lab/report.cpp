/// SVAR_* (answers of laboratories and radiology), 1.3 and 1.4 <-> DiagnosticReport, Specimen, Observation.
/// Sources: HIS 80822:2014; code lists 8202 (kind of report), 7306 (status of a report), 8245 (status of a result),
/// 8244 (deviation), 8239 (comparators), 7280 (NPU and Norwegian laboratory codes).
#include <algorithm>
#include <array>

#include "fhir-model/ucum/ucum.h"
#include "mappings/msghead/bare_head.h"
#include "mappings/msghead/parties.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/message_time.h"

namespace varde::mappings::lab {
namespace {

using namespace rows;
using namespace msghead;
using fhir::Editor;
using fhir::Element;

void result_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name);
bool result_to_xml(Outbound&, const Row&, Element value, XmlNode& out);
void member_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name);
bool member_to_xml(Outbound&, const Row&, Element value, XmlNode& out);
bool typed_to_xml(Outbound&, const Row&, Element value, XmlNode& out);

/// ResultItem <-> Observation; one inside another is a member of it.
const Conversion result{result_to_fhir, result_to_xml};
const Conversion member{member_to_fhir, member_to_xml};
/// A code, and nothing where only words are known.
const Conversion only_coded{coded_cv.to_fhir, typed_to_xml};

// --- tables --------------------------------------------------------------------------------------------------------
// clang-format off

const std::array kNumberRows{
    //  message           FHIR                       card            conversion
    Row{"NumResultValue", "valueQuantity",           Card::one,      quantity},
    Row{"*",              "valueQuantity.content()", Card::many,     fragment},
};
const std::array kIntervalRows{
    Row{"Low",  "low",  Card::optional, quantity},
    Row{"High", "high", Card::optional, quantity},
};
const std::array kInvestigationRows{
    Row{"Id", "coding",    Card::many, coded_cv},
    Row{"*",  "content()", Card::many, fragment},
};
const std::array kReferenceRows{
    Row{"Descr", "text",      Card::optional, text},
    Row{"*",     "content()", Card::many,     fragment},
};
extern const std::array<Row, 10> kResultRows;
const std::array<Row, 10> kResultRows{{
    //  message               FHIR              card            conversion
    {"NumResult",             "",               Card::optional, nested,   kNumberRows},
    {"Interval",              "valueRange",     Card::optional, nested,   kIntervalRows},
    {"DateResult/DateResultValue", "valueDateTime", Card::optional, time_ts},
    {"RefInterval",           "referenceRange", Card::many,     nested,   kReferenceRows},
    {"Investigation",         "code",           Card::optional, nested,   kInvestigationRows},
    {"Comment",               "note",           Card::optional, annotation},
    {"DevResultInd",          "interpretation", Card::optional, coded_cs, {}, "8244"},
    {"IdResultItem",          "identifier",     Card::optional, identifier_value},
    {"ResultItem",            "hasMember",      Card::many,     member,   kResultRows, "ResultItem/ResultItem"},
    {"*",                     "content()",      Card::many,     fragment},
}};

const std::array kCollectedRows{
    Row{"CollectedDate", "collectedDateTime", Card::optional, time_ts},
    Row{"*",             "content()",         Card::many,     fragment},
};
const std::array kSpecimenRows{
    //  message            FHIR                   card            conversion
    Row{"CollectedSample",  "collection",         Card::optional, nested, kCollectedRows},
    Row{"TypeCoded",        "type",               Card::optional, only_coded},
    Row{"Comment",          "note",               Card::optional, annotation},
    Row{"IdByServProvider", "accessionIdentifier", Card::one,     identifier_value},
    Row{"*",                "content()",          Card::many,     fragment},
};

const std::array kSubjectRows{
    Row{"",                "",            Card::one,  nested,   kBarePatient},
    Row{"AnalysedSubject", "Specimen",    Card::many, tagged,   kSpecimenRows, "AnalysedSubject"},
    Row{"ResultItem",      "Observation", Card::many, result,   kResultRows,   "ResultItem"},
    Row{"*",               "content()",   Card::many, fragment},
};

const std::array kReportRows{
    //  message       FHIR                              card            conversion
    Row{"IssueDate",    "DiagnosticReport.issued",         Card::one,      instant_ts},
    Row{"MsgDescr",     "DiagnosticReport.category",       Card::one,      coded_cs, {}, "8202"},
    Row{"ServProvId",   "DiagnosticReport.identifier",     Card::one,      identifier_value},
    Row{"Comment",      "DiagnosticReport.conclusion",     Card::optional, text},
    Row{"CodedComment", "DiagnosticReport.conclusionCode", Card::many,     coded_cv},
    Row{"RefDoc",       "",                                Card::many,     elsewhere},
    Row{"Patient",      "Patient",                         Card::optional, single, kSubjectRows},
    Row{"*",            "DiagnosticReport.content()",      Card::many,     fragment},
};

struct Said { std::string_view code, fhir; };
constexpr std::array kReportStatus{   // 7306
    Said{"F", "final"}, Said{"P", "preliminary"}, Said{"A", "appended"}, Said{"S", "registered"}};
constexpr std::array kResultStatus{   // 8245
    Said{"1", "amended"}, Said{"2", "preliminary"}, Said{"4", "amended"}, Said{"5", "registered"}, Said{"6", "registered"},
    Said{"7", "registered"}, Said{"8", "registered"}, Said{"10", "preliminary"}, Said{"12", "corrected"}, Said{"13", "corrected"},
    Said{"14", "cancelled"}, Said{"15", "registered"}};
constexpr std::array kComparators{    // 8239; MG and ML say no more than the like of them here
    Said{"LT", "<"}, Said{"LE", "<="}, Said{"GT", ">"}, Said{"GE", ">="}, Said{"MG", ">"}, Said{"ML", "<"}};
constexpr std::array kDeviations{     // 8244
    Said{"1", "H"}, Said{"2", "L"}, Said{"3", "A"}};
/// Units as laboratories here write them, where UCUM writes them otherwise.
constexpr std::array kUnits{
    Said{"10E9/L", "10*9/L"}, Said{"10E12/L", "10*12/L"}, Said{"10E6/L", "10*6/L"}, Said{"IU/L", "[IU]/L"}, Said{"kIU/L", "k[IU]/L"},
    Said{"mIU/L", "m[IU]/L"}, Said{"10E-3/L", "10*-3/L"}, Said{"mm/h", "mm/h"}, Said{"mL/min/1,73m2", "mL/min/{1.73_m2}"},
    Said{"mL/min/1.73m2", "mL/min/{1.73_m2}"}, Said{"°C", "Cel"}};
// clang-format on

std::string_view said(std::span<const Said> table, std::string_view code, std::string_view otherwise) {
  const auto found = std::ranges::find(table, code, &Said::code);
  return found == table.end() ? otherwise : found->fhir;
}

void add_coding(Editor concept_, std::string_view system, std::string_view code) {
  Editor coding = concept_.add("coding");
  coding.add("system", system);
  coding.add("code", code);
}

// --- one result ----------------------------------------------------------------------------------------------------

/// The sample that the result says it is of, by either of its numbers.
const XmlNode* sample_of(const Inbound& inbound, const XmlNode& item, std::size_t& place) {
  const XmlNode* payload = inbound.message.payload();
  if (!payload) return nullptr;
  const auto samples = payload->all("Patient/AnalysedSubject");
  const auto wanted = item.at("RefAnalysedSubject");
  for (place = 0; place < samples.size(); ++place) {
    const XmlNode& sample = *samples[place];
    if (wanted.empty() ? samples.size() == 1 : sample.at("IdByServProvider") == wanted || sample.at("Number") == wanted)
      return &sample;
  }
  return nullptr;
}

void set_code(Editor observation, const XmlNode& item) {
  Editor code = observation.ensure("code");
  if (code["coding"]) return;
  const auto heading = item.at("TextResult/Heading/@DN");
  const auto group = item.child("ResultItem") ? trimmed(item.at("TextResult/TextResultValue")) : std::string();
  code.set("text", !group.empty() ? std::string_view(group) : heading.empty() ? "Resultat" : heading);
}

void set_unit(Editor quantity) {
  const auto written = quantity["unit"].value();
  const auto code = said(kUnits, written, written);
  if (code.empty() || !quantity["value"].has_value() || !fhir::check_unit(code)) return;
  quantity.set("system", "http://unitsofmeasure.org");
  quantity.set("code", code);
}

void set_value(Editor observation, const XmlNode& item) {
  if (const Element number = observation["valueQuantity"]) {
    Editor quantity = observation.edit(number);
    set_unit(quantity);
    const auto comparator = said(kComparators, item.at("NumResult/ArithmeticComp/@V"), "");
    if (!comparator.empty()) quantity.set("comparator", comparator);
  }
  if (const Element range = observation["valueRange"])
    for (const std::string_view end : {"low", "high"})
      if (range[end]) set_unit(observation.edit(range).edit(range[end]));
  const XmlNode* words = item.child("TextResult");
  if (!words) return;
  const XmlNode* written = words->child("TextResultValue");
  const std::string value = !written                  ? std::string()
                            : written->markup.empty() ? trimmed(written->text)
                                                      : trimmed(words_in(written->markup));
  const XmlNode* code = words->child("TextCode");
  if (code && value.empty())
    read_coded(*code, {}, observation, "valueCodeableConcept");
  else if (!value.empty() && !item.child("ResultItem"))
    observation.set("valueString", value);
}

void set_time(Inbound& inbound, Editor observation, const XmlNode& item) {
  std::size_t place = 0;
  const XmlNode* sample = sample_of(inbound, item, place);
  std::string_view written = sample ? sample->at("CollectedSample/CollectedDate/@V") : std::string_view();
  if (written.empty()) written = item.at("InvDate/@V");
  if (written.empty()) written = inbound.message.payload()->at("IssueDate/@V");
  if (const auto time = norway::to_fhir_time(written)) observation.set("effectiveDateTime", *time);
  if (const auto specimens = inbound.all("Specimen"); sample && place < specimens.size())
    inbound.refer(observation, "specimen", specimens[place]);
}

/// What follows from several values of the result together.
void derive_result(Inbound& inbound, Editor observation, const XmlNode& item) {
  Editor category = observation.add("category");
  add_coding(category, "http://terminology.hl7.org/CodeSystem/observation-category",
             inbound.message.type == "SVAR_RTG" ? "imaging" : "laboratory");
  set_code(observation, item);
  set_value(observation, item);
  set_time(inbound, observation, item);
  if (inbound.cancelled() || item.at("ServType/@V") == "C")
    observation.set("status", "entered-in-error");
  else
    observation.set("status", said(kResultStatus, item.at("StatusInvestigation/@V"),
                                   item.at("ServType/@V") == "M" ? "corrected" : "final"));
  const auto deviation = said(kDeviations, item.at("DevResultInd/@V"), "");
  if (const Element kept = observation["interpretation"]; kept && !deviation.empty())
    add_coding(observation.edit(kept), "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", deviation);
}

void result_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor, std::string_view) {
  Editor observation = inbound.add_resource("Observation", row.about);
  read(inbound, row.rows, from, observation);
  derive_result(inbound, observation, from);
  Editor report = inbound.resource("DiagnosticReport");
  inbound.refer(report, "result", observation);
}

void member_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  Editor observation = inbound.add_resource("Observation", row.about);
  inbound.refer(parent, name, observation);
  read(inbound, row.rows, from, observation);
  derive_result(inbound, observation, from);
}

/// Words and codes that came as such are in their fragment; others' have only the value.
void complete_result(Outbound& outbound, Element observation, XmlNode& out) {
  const auto holds = [&](std::string_view name) { return out.child(name) != nullptr; };
  if (holds("TextResult") || holds("NumResult") || holds("Interval") || holds("DateResult")) {
    if (XmlNode* number = holds("NumResult") ? &*std::ranges::find(out.children, "NumResult", &XmlNode::name) : nullptr;
        number && !number->child("ArithmeticComp")) {
      const auto comparator = observation["valueQuantity"]["comparator"].value();
      const auto row = std::ranges::find(kComparators, comparator, &Said::fhir);
      XmlNode made;
      made.name = "ArithmeticComp";
      if (row != kComparators.end()) made.attributes = {{"V", std::string(row->code)}};
      if (row != kComparators.end()) number->children.push_back(std::move(made));
    }
    return;
  }
  XmlNode words, value;
  words.name = "TextResult", value.name = "TextResultValue";
  value.text = observation["valueString"].value();
  if (const Element code = observation["valueCodeableConcept"]) {
    XmlNode coded;
    coded.name = "TextCode";
    if (coded_cv.to_xml(outbound, Row{"", "", Card::one, coded_cv}, code, coded)) words.children.push_back(coded);
  }
  if (!value.text.empty()) words.children.push_back(std::move(value));
  if (!words.children.empty()) out.children.push_back(std::move(words));
}

/// When it was measured, where no sample says so; what came as a message has its own.
void complete_time(Element observation, XmlNode& out) {
  if (!tag_of(observation).empty() || out.child("InvDate") || out.child("RefAnalysedSubject") ||
      observation["specimen"])
    return;
  const auto measured = observation["effectiveDateTime"].value();
  if (measured.empty()) return;
  XmlNode made;
  made.name = "InvDate";
  made.attributes = {{"V", norway::to_message_time(measured)}};
  out.children.push_back(std::move(made));
}

bool observation_to_xml(Outbound& outbound, const Row& row, Element observation, XmlNode& out) {
  write(outbound, row.rows, observation, out);
  complete_result(outbound, observation, out);
  complete_time(observation, out);
  return true;
}

bool is_member(const Outbound& outbound, Element observation) {
  for (const Element other : outbound.all("Observation"))
    for (const Element reference : other.each("hasMember"))
      if (outbound.resolve(reference) == observation) return true;
  return false;
}

bool result_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const auto tag = tag_of(value);
  if (tag.empty() ? is_member(outbound, value) : tag != row.about) return false;
  return observation_to_xml(outbound, row, value, out);
}

/// Deeper than any report is grouped; a circle of references ends here.
constexpr int kDeepest = 12;

bool member_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const Element observation = outbound.resolve(value);
  if (observation.type_name() != "Observation" || outbound.depth >= kDeepest) return false;
  ++outbound.depth;
  const bool any = observation_to_xml(outbound, row, observation, out);
  --outbound.depth;
  return any;
}

bool typed_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return value["coding"] && coded_cv.to_xml(outbound, row, value, out);
}

// --- the report ----------------------------------------------------------------------------------------------------

void derive(Inbound& inbound) {
  const XmlNode& payload = *inbound.message.payload();
  Editor report = inbound.resource("DiagnosticReport");
  const Element communication = inbound.resource("Communication");
  copy(report, "identifier", communication["identifier"]);
  const auto kind = payload.at("MsgDescr/@DN");
  report.ensure("code").set("text", kind.empty() ? "Svarrapport" : kind);
  if (!inbound.cancelled())
    report.set("status",
               inbound.message.status == "M" ? "corrected" : said(kReportStatus, payload.at("Status/@V"), "final"));
  if (const Element sender = communication["sender"]) copy(report, "performer", sender);
  for (const XmlNode* request : payload.all("ServReq")) {
    const std::string id = trimmed(request->at("Id"));
    if (!id.empty()) report.add("basedOn").ensure("identifier").add("value", id);
  }
  for (const Editor specimen : inbound.all("Specimen")) inbound.refer(report, "specimen", specimen);
  for (Editor specimen : inbound.all("Specimen"))
    if (inbound.cancelled()) specimen.set("status", "entered-in-error");
}

XmlNode coded(std::string_view name, std::string_view code, std::string_view display) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", std::string(code)}};
  if (!display.empty()) node.attributes.emplace_back("DN", display);
  return node;
}

/// A report of others: what the standard demands and DiagnosticReport says elsewhere.
void complete(Outbound& outbound, XmlNode& payload, std::string_view) {
  const Element report = outbound.resource("DiagnosticReport");
  const auto add = [&](std::string_view name, const std::string& words) {
    if (payload.child(name)) return;
    XmlNode node;
    node.name = name, node.text = words;
    payload.children.push_back(std::move(node));
  };
  if (!payload.child("Status")) {
    const auto row = std::ranges::find(kReportStatus, report["status"].value(), &Said::fhir);
    const bool known = row != kReportStatus.end();
    const auto code = known ? row->code : std::string_view("F");
    payload.children.push_back(coded("Status", code, code == "F" ? "Endelig rapport" : ""));
  }
  if (!payload.child("MsgDescr")) payload.children.push_back(coded("MsgDescr", "AN", "Annet"));
  if (!payload.child("IssueDate")) {
    XmlNode issued;
    issued.name = "IssueDate";
    const auto sent = outbound.resource("Communication")["sent"].value();
    if (!sent.empty()) issued.attributes = {{"V", norway::to_message_time(sent)}};
    if (!sent.empty()) payload.children.push_back(std::move(issued));
  }
  if (!payload.child("ServProvId"))
    add("ServProvId", std::string(outbound.resource("Communication")["identifier"]["value"].value()));
}

// clang-format off
constexpr std::array kVersions{
    MessageVersion{"1.4", "ServReport", "http://www.kith.no/xmlstds/labsvar/2012-02-15", "1.1"},
    MessageVersion{"1.3", "ServReport", "http://www.kith.no/xmlstds/labsvar/2008-12-01", "1.0", "S"}};
// clang-format on

}  // namespace
}  // namespace varde::mappings::lab

namespace varde::mappings {

const rows::Mapping kServiceReport{lab::kVersions, lab::kReportRows, false, lab::derive, lab::complete};

}  // namespace varde::mappings
