/// HELSEOPPL_SOKNAD <-> ServiceRequest (referral), Composition and what they speak of.
/// Sources: HIS 1144:2014, HIS 80704:2014 §7; code lists 9140 (type of content), 9145 (headings), 9151 (service).
#include <array>

#include "mappings/plo/components.h"
#include "mappings/referral/clinical.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"

namespace varde::mappings::plo {
namespace {

using fhir::Editor;
using fhir::Element;

// --- tables --------------------------------------------------------------------------------------------------------
// clang-format off

const std::array kContentTypeRows{
    //  message       FHIR                             card            conversion
    Row{"TypeInnhold", "Composition.category",         Card::one,      coded_cv, {}, code_list::kContent.number()},
    Row{"Merknad",     "Composition.extension(remark).valueString", Card::optional, text},
};

const std::array kHealthInformationRows{
    //  message                              FHIR                                card            conversion
    Row{"",                                  "",                                 Card::one,      nested, kShipment},
    Row{"TypeInnholdIMelding",               "",                                 Card::one, nested, kContentTypeRows},
    Row{"OpplysningOpphold*/TidsfestetHendelse", "ServiceRequest.extension(event)", Card::many,  nested, kEvent},
    Row{"OpplysningerTilSoknad",             "Composition.section",              Card::optional, section_fragment},
    Row{"InfoMedisinskDiagnose/MedisinskDiagnose", "Condition",                  Card::many,     resource, kDiagnosis, "InfoMedisinskDiagnose/MedisinskDiagnose"},
    Row{"MedisinskfagligeOpplysninger",      "",                                 Card::optional, nested, kMedical},
    Row{"",                                  "",                                 Card::optional, nested, kPlainSections},
    Row{"Sykepleierdokumentasjon",           "",                                 Card::optional, nested, kNursing},
    Row{"OpplysningerAndreFaggrupper",       "Composition.section",              Card::many,     section_group, kOtherGroups},
    Row{"InfoKartleggingFunksjonsniva",      "",                                 Card::optional, nested, kFunctionLevel},
    Row{"InfoAssistertKommunikasjon",        "Composition.section",              Card::many,     section_fragment},
    Row{"InfoInformasjonGitt",               "Composition.section",              Card::many,     section_fragment},
    Row{"TjenesteBehov",                     "ServiceRequest",                   Card::many,     tagged, kServiceNeed, "TjenesteBehov"},
    Row{"",                                  "",                                 Card::optional, nested, kSentDocumentsSection},
};
// clang-format on

// --- to FHIR -------------------------------------------------------------------------------------------------------

/// Every text under a heading, below `section`: what a nurse reads first on the referral.
void add_notes(Editor request, Element section) {
  for (const Element inner : section.each("section")) {
    const auto status = inner["text"]["status"].value();
    if (status == "additional")
      request.add("note").add("text", std::string(inner["title"].value()) + ": " + plain_text(inner["text"]));
    add_notes(request, inner);
  }
}

/// HIS 1144:2014 §1: the first message of a stay warns the municipality that the patient will need its services; it
/// orders none yet.
bool is_early_warning(const Inbound& inbound) {
  return inbound.message.payload()->at("TypeInnholdIMelding/TypeInnhold/@V") == "1";
}

void derive(Inbound& inbound) {
  Editor request = referral::begin_request(inbound, is_early_warning(inbound) ? "plan" : "order");
  if (const auto ready = event_time(request, "3"); !ready.empty()) request.set("occurrenceDateTime", ready);
  for (const Editor condition : inbound.all("Condition")) {
    if (!tag_of(condition).starts_with("InfoMedisinskDiagnose")) continue;
    if (condition["code"]) copy(request, "reasonCode", condition["code"]);
    inbound.refer(request, "reasonReference", condition);
  }
  inbound.refer(request, "supportingInfo", inbound.resource("Composition"));
  add_notes(request, inbound.resource("Composition"));
  for (Editor need : inbound.all("ServiceRequest")) {
    if (tag_of(need) != "TjenesteBehov") continue;
    need.set("intent", "proposal");
    inbound.refer(need, "basedOn", request);
  }
}

// --- to the message ------------------------------------------------------------------------------------------------

XmlNode holding(std::string_view name, XmlNode child) {
  XmlNode holder;
  holder.name = name;
  holder.children.push_back(std::move(child));
  return holder;
}

/// A referral of others: 1.6 demands the type of content, and a time of the stay: when care is to begin.
void complete(Outbound& outbound, XmlNode& payload, std::string_view version) {
  if (version != "1.6") return;
  if (!payload.child("TypeInnholdIMelding")) {
    XmlNode type;
    type.name = "TypeInnhold";
    type.attributes = {{"V", "2"}, {"S", std::string(code_list::kContent.oid())}, {"DN", "Oppdaterte opplysninger"}};
    payload.children.push_back(holding("TypeInnholdIMelding", std::move(type)));
  }
  const auto wanted = outbound.resource("ServiceRequest").choice("occurrence").value();
  if (!payload.child("OpplysningOpphold") && !wanted.empty())
    payload.children.push_back(holding("OpplysningOpphold", event_node("3", "Pasient utskrivningsklar", wanted)));
}

// clang-format off
constexpr std::array kVersions{
    MessageVersion{"1.6", "HelseopplysningerVedSoknad",       "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01",      "1.1"},
    MessageVersion{"1.5", "HelseopplysningerVedSoknad",       "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2009-06-30",      "1.0"}};
// clang-format on

}  // namespace

}  // namespace varde::mappings::plo

namespace varde::mappings {
using namespace plo;

// clang-format off
const rows::Mapping kHealthInformation{kVersions, kHealthInformationRows, true, derive, complete};
// clang-format on

}  // namespace varde::mappings
