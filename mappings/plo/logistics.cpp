/// LOG_INNLAGT, LOG_UTSKRIVNINGSKLAR, LOG_AVMELDING, LOG_UTSKREVET, LOG_DOD <-> Encounter, Patient.
/// Sources: HIS 1149:2014, HIS 80704:2014 §6; code lists 9121 (event), 8408 (discharged to), 8431 (state at discharge).
#include <array>

#include "mappings/plo/components.h"
#include "mappings/plo/mapping.h"
#include "mappings/plo/names.h"
#include "norway/message_time.h"

namespace varde::mappings::plo {
namespace {

using fhir::Editor;
using fhir::Element;

// --- tables --------------------------------------------------------------------------------------------------------
// clang-format off

const std::array kDischargedToRows{
    //  message          FHIR                                                            card            conversion
    Row{"Uttilstand",    "hospitalization.extension(state).valueCodeableConcept",        Card::optional, coded_cv, {}, "8431"},
    Row{"UtTil",         "hospitalization.dischargeDisposition",                         Card::one,      coded_cv, {}, "8408"},
    Row{"Merknad",       "hospitalization.extension(remark).valueString",                Card::optional, text},
};

const std::array kAdmittedRows{
    Row{"",                                                 "",                           Card::one,      nested, kShipment},
    Row{"",                                                 "",                           Card::one,      nested, kSentDocumentsApart},
    Row{"MeldingInnlagtPasient/TidsfestetHendelse",         "Encounter.extension(event)", Card::many,     nested, kEvent},
};
const std::array kReadyRows{
    Row{"",                                                 "",                           Card::one,      nested, kShipment},
    Row{"",                                                 "",                           Card::one,      nested, kSentDocumentsApart},
    Row{"MeldingUtskrivningsklarPasient/TidsfestetHendelse", "Encounter.extension(event)", Card::many,    nested, kEvent},
};
const std::array kNotReadyRows{
    Row{"",                                                 "",                           Card::one,      nested, kShipment},
    Row{"",                                                 "",                           Card::one,      nested, kSentDocumentsApart},
    Row{"AvmeldingUtskrivningsklarPasient/TidsfestetHendelse", "Encounter.extension(event)", Card::many,  nested, kEvent},
};
const std::array kDischargedRows{
    Row{"",                                                 "",                           Card::one,      nested, kShipment},
    Row{"",                                                 "",                           Card::one,      nested, kSentDocumentsApart},
    Row{"MeldingOmUtskrevetPasient/UtskrevetTil",           "Encounter",                  Card::one,      single, kDischargedToRows},
    Row{"MeldingOmUtskrevetPasient/TidsfestetHendelse",     "Encounter.extension(event)", Card::many,     nested, kEvent},
    Row{"MeldingOmUtskrevetPasient/InfoInformasjonGitt",    "Communication.content()",    Card::optional, fragment},
};
const std::array kDiedRows{
    Row{"",                                                 "",                           Card::one,      nested, kShipment},
    Row{"",                                                 "",                           Card::one,      nested, kSentDocumentsApart},
    Row{"OrienteringOmDod/TidsfestetHendelse",              "Communication.extension(event)", Card::many, nested, kEvent},
};
// clang-format on

// --- to FHIR -------------------------------------------------------------------------------------------------------

constexpr std::string_view kAdmittedCode = "1", kDischargedCode = "2", kDiedCode = "13";

/// A stay as far as this message tells of it.
Editor derive_stay(Inbound& inbound) {
  Editor stay = inbound.resource("Encounter");
  Editor kind = stay.add("class");
  kind.add("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
  kind.add("code", "IMP");
  kind.add("display", "inpatient encounter");
  Editor identifier = stay.add("identifier");  // the conversation that the stay's messages share
  identifier.add("system", kUuidSystem);
  identifier.add("value", "urn:uuid:" + inbound.message.conversation_id.value_or(inbound.message.id.text));
  if (const auto start = event_time(stay, kAdmittedCode); !start.empty()) stay.ensure("period").set("start", start);
  if (const auto end = event_time(stay, kDischargedCode); !end.empty()) stay.ensure("period").set("end", end);
  if (const auto place = event_place(stay); !place.empty()) stay.add("location").add("location").add("display", place);
  const Element sender = inbound.resource("Communication")["sender"];
  if (sender["display"] || sender["identifier"]) {
    Editor provider = stay.add("serviceProvider");
    if (sender["identifier"]) copy(provider, "identifier", sender["identifier"]);
    if (sender["display"]) provider.add("display", sender["display"].value());
  }
  return stay;
}

void derive_admitted(Inbound& inbound) {
  Editor stay = derive_stay(inbound);
  const auto time = first_event_time(stay);
  if (!stay["period"] && !time.empty()) stay.add("period").add("start", time);
}

void derive_ongoing(Inbound& inbound) { derive_stay(inbound); }

void derive_discharged(Inbound& inbound) {
  Editor stay = derive_stay(inbound);
  const auto time = first_event_time(stay);
  if (!stay["period"]["end"] && !time.empty()) stay.ensure("period").set("end", time);
  if (inbound.cancelled()) return;
  stay.set("status", "finished");
  const Element state = stay["hospitalization"].extension(extension_url("state"))["valueCodeableConcept"];
  const auto code = state["coding"]["code"].value();
  const bool died = code == "2" || code == "3";  // list 8431: dead, suicide; when exactly, the message does not say
  if (died) inbound.resource("Patient").set("deceasedBoolean", "true");
}

void derive_died(Inbound& inbound) {
  if (inbound.cancelled()) return;  // the event stays readable in the Communication, the patient is not said to be dead
  const Element communication = inbound.resource("Communication");
  auto time = event_time(communication, kDiedCode);
  if (time.empty()) time = first_event_time(communication);
  Editor patient = inbound.resource("Patient");
  time.empty() ? patient.set("deceasedBoolean", "true") : patient.set("deceasedDateTime", time);
}

// --- to the message ------------------------------------------------------------------------------------------------

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

/// An Encounter (or Patient) of others tells of its events by period (or time of death) alone.
void complete_event(XmlNode& payload, std::string_view holder, std::string_view code, std::string_view display,
                    std::string_view time) {
  if (payload.find(std::string(holder) + "/TidsfestetHendelse") || time.empty()) return;
  if (!payload.child(holder)) payload.children.push_back(leaf(holder, ""));
  for (XmlNode& child : payload.children)
    if (child.name == holder) child.children.push_back(event_node(code, display, time));
}

void complete_admitted(Outbound& outbound, XmlNode& payload, std::string_view) {
  complete_event(payload, "MeldingInnlagtPasient", kAdmittedCode, "Pasient innlagt",
                 outbound.resource("Encounter")["period"]["start"].value());
}

void complete_discharged(Outbound& outbound, XmlNode& payload, std::string_view) {
  complete_event(payload, "MeldingOmUtskrevetPasient", kDischargedCode, "Pasient utskrevet",
                 outbound.resource("Encounter")["period"]["end"].value());
}

void complete_died(Outbound& outbound, XmlNode& payload, std::string_view) {
  complete_event(payload, "OrienteringOmDod", kDiedCode, "Pasienten er død",
                 outbound.resource("Patient")["deceasedDateTime"].value());
}

// clang-format off
constexpr std::array kVersions{
    MessageVersion{"1.6", "Pasientlogistikk",                 "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01",                "1.1"},
    MessageVersion{"1.5", "Pasientlogistikk",                 "http://www.kith.no/xmlstds/po/Pasientlogistikk/2009-06-30",                "1.0"}};
// clang-format on

}  // namespace

// clang-format off
const Mapping kAdmitted{kVersions, kAdmittedRows, false, derive_admitted, complete_admitted};
const Mapping kReadyForDischarge{kVersions, kReadyRows, false, derive_ongoing, nullptr};
const Mapping kNotReadyAfterAll{kVersions, kNotReadyRows, false, derive_ongoing, nullptr};
const Mapping kDischarged{kVersions, kDischargedRows, false, derive_discharged, complete_discharged};
const Mapping kDied{kVersions, kDiedRows, false, derive_died, complete_died};
// clang-format on

}  // namespace varde::mappings::plo
