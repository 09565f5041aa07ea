#include "mappings/plo/components.h"

#include <array>

#include "mappings/msghead/party.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/message_time.h"

namespace varde::mappings::plo {
namespace {

using fhir::Editor;
using fhir::Element;

// --- small conversions of this chapter -----------------------------------------------------------------------------

void shipment_status_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor, std::string_view name) {
  read_coded(from, row.about, inbound.resource(name), "statusReason");
}

/// A cancelled or changed message says so; one that others made for us is new.
bool shipment_status_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const Element reason = value["statusReason"];
  if (reason && coded_cs.to_xml(outbound, row, reason, out)) return true;
  out.attributes = {{"V", "N"}, {"DN", "Ny"}};
  return true;
}

const Conversion shipment_status{shipment_status_to_fhir, shipment_status_to_xml};

/// A minor's year of birth; a whole date of birth in the same element is the better one.
void birth_year_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  if (!parent["birthDate"]) date_text.to_fhir(inbound, row, from, parent, name);
}

bool birth_year_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  if (value.value().size() == 4) out.text = value.value();
  return !out.text.empty();
}

const Conversion birth_year{birth_year_to_fhir, birth_year_to_xml};

/// The year of birth beside a whole date of birth: kept as the sender wrote it.
void kept_year_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  if (container_of(parent)["birthDate"].value() != from.text) fragment.to_fhir(inbound, row, from, parent, name);
}

const Conversion kept_year{kept_year_to_fhir, fragment.to_xml};

/// Drug as a CodeableConcept: its name is the text, the ATC code its coding.
bool atc_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  if (oid_of(value["system"].value()) != oid_of_list(row.about)) return false;
  return coded_cs.to_xml(outbound, row, value, out);
}

const Conversion atc{coded_cs.to_fhir, atc_to_xml};

/// A Condition's text is the diagnosis as written; OT of a code is kept with its coding.
bool condition_code_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return value["coding"] && coded_cv.to_xml(outbound, row, value, out);
}

const Conversion condition_code{coded_cv.to_fhir, condition_code_to_xml};

/// Journaltekst <-> Annotation, its heading beside it.
void note_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto text = from.at("Notat");
  if (text.empty()) return;
  Editor note = parent.add(name);
  Editor content = note.add("extension");
  content.add("url", extension_url("content"));
  for (const XmlNode& child : from.children) {
    if (child.name == "Notat") continue;
    Editor inside = content.add("extension");
    inside.add("url", child.name);
    keep_in(inside, child);
  }
  note.add("text", text);
}

bool note_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  take_from(value.extension(extension_url("content")), out);
  XmlNode text;
  text.name = "Notat", text.text = value["text"].value();
  out.children.push_back(std::move(text));
  return true;
}

const Conversion note{note_to_fhir, note_to_xml};

// --- tables --------------------------------------------------------------------------------------------------------
// clang-format off

const std::array kRelativeRows{
    //  message                           FHIR                                card            conversion
    Row{"Slektskap",                      "relationship",                     Card::optional, coded_cs, {}, "9033"},
    Row{"Omsorgsfunksjon",                "extension(care-role).valueCodeableConcept", Card::optional, coded_cs, {}, "9050"},
    Row{"Referanseperson",                "",                                 Card::one,      nested, kRelativePerson},
    Row{"FodselsarMindrearigParorende",   "birthDate",                        Card::optional, birth_year},
    Row{"FodselsarMindrearigParorende",   "content()",                        Card::optional, kept_year},
    Row{"Merknad",                        "extension(remark).valueString",    Card::optional, text},
};

const std::array kUnitRows{
    Row{"Kontaktenhet",     "",                              Card::one,      organisation, kContactUnit, "unit"},
    Row{"Merknad",          "extension(remark).valueString", Card::optional, text},
};

const std::array kContactRows{
    Row{"Kontaktperson",    "",                              Card::one,      professional, kProfessional, "contact"},
    Row{"Merknad",          "extension(remark).valueString", Card::optional, text},
};

const std::array kResponsibleRows{
    Row{"AnsvarligRapport", "",                                          Card::one,      professional, kProfessional, "responsible"},
    Row{"GodkjentDato",     "extension(approved).valueDate",             Card::optional, date_text},
    Row{"TypeRelasjon",     "extension(relation).valueCodeableConcept",  Card::optional, coded_cv, {}, "8254"},
    Row{"Merknad",          "extension(remark).valueString",             Card::optional, text},
};

const std::array kInformationRows{
    //  message                     FHIR                       card            conversion
    Row{"Forsendelsesstatus",       "Communication",           Card::one,      shipment_status, {}, code_list::kMessageStatus.number()},
    Row{"ForbeholdOmVideresending", "Communication.content()", Card::optional, fragment},
    Row{"SvarPaaForesporsel",       "Communication.content()", Card::optional, fragment},
    Row{"Foresporsel",              "Communication.content()", Card::optional, fragment},
};

const std::array kPatientRows{
    Row{"SivilStatus", "Patient.maritalStatus",                           Card::optional, coded_cs, {}, "8724"},
    Row{"BorAlene",    "Patient.extension(lives-alone).valueBoolean",     Card::optional, boolean},
    Row{"Sprak",       "Patient.communication.language",                  Card::optional, coded_cs, {}, "3303"},
};

const std::array kShipmentRows{
    //  message                                        FHIR                     card            conversion
    Row{"InformasjonOmForsendelsen",                    "",                    Card::one,  nested, kInformationRows},
    Row{"TilleggsopplysningPasient",                    "",                    Card::optional, nested, kPatientRows},
    Row{"ParorendeForesatt",                            "RelatedPerson",       Card::many, resource, kRelativeRows, "ParorendeForesatt"},
    Row{"TilknyttetEnhet",                              "Communication.about", Card::many, bystander, kUnitRows, "TilknyttetEnhet"},
    Row{"KontaktpersonHelsepersonell",                  "Communication.about", Card::many, bystander, kContactRows, "KontaktpersonHelsepersonell"},
    Row{"AnsvarForRapport",                             "Communication.about", Card::many, bystander, kResponsibleRows, "AnsvarForRapport"},
};

const std::array kSentApartRows{Row{"SendtDokument", "Communication.content()", Card::many, fragment}};
const std::array kSentSectionRows{Row{"SendtDokument", "Composition.section", Card::many, section_fragment}};

const std::array kPlaceRows{Row{"StedHendelse", "extension(=place).valueString", Card::one, text}};

const std::array kEventRows{
    //  message                       FHIR                                            card            conversion
    Row{"Hendelsekode",               "extension(=code).valueCodeableConcept",        Card::optional, coded_cv, {}, code_list::kHospitalEvents.number()},
    Row{"BeskrivelseAvHendelse",      "extension(=description).valueString",          Card::optional, text},
    Row{"TidspunktForHendelse",       "extension(=time).valueDateTime",               Card::one,      time_ts},
    Row{"Anslag",                     "extension(=estimate).valueBoolean",            Card::one,      boolean},
    Row{"Merknad",                    "extension(=remark).valueString",               Card::optional, text},
    Row{"StedForHendelse",            "",                                             Card::optional, nested, kPlaceRows},
};

const std::array kDiagnosisRows{
    Row{"Hoveddiagnose",       "extension(main-diagnosis).valueBoolean", Card::optional, boolean},
    Row{"Diagnosekode",        "code",                                   Card::optional, condition_code},
    Row{"DiagnoseBeskrivelse", "code.text",                              Card::optional, text},
};

const std::array kEarlierRows{
    Row{"TidligereSykdomFragment/FunksjonshemmingKroniskSykdom", "extension(chronic).valueBoolean", Card::one, boolean},
    Row{"TidligereSykdomFragment/Diagnosekode",    "code",      Card::optional, condition_code},
    Row{"TidligereSykdomFragment/TidligereSykdom", "code.text", Card::one,      text},
    Row{"Journaltekst",                            "note",      Card::optional, note},
};

/// What every EPJ component says of itself beside its id. Only the id has a place of its own in FHIR.
const std::array kComponentRows{
    Row{"@informasjonskategori",       "content()", Card::optional, fragment},
    Row{"@referanseViktigTilleggsinfo", "content()", Card::optional, fragment},
};

const std::array kComponentHeadRows{
    Row{"@komponentID", "extension(component).valueString", Card::optional, text},
    Row{"",             "",                                 Card::one,      nested, kComponentRows},
};

const std::array kWarningRows{
    Row{"CaveStikkord", "code.text", Card::one,      text},
    Row{"Journaltekst", "note",      Card::optional, note},
};

const std::array kAllergyRows{
    //  message                          FHIR                          card            conversion
    Row{"@komponentID",                  "identifier",                 Card::optional, identifier_value},
    Row{"",                              "",                           Card::one,      nested, kComponentRows},
    Row{"Journaltekst",                  "note",                       Card::many,     note},
    Row{"Allergi/HensynVedForskrivning", "content()",                  Card::optional, fragment},
    Row{"Allergi/HensynMatDrikke",       "content()",                  Card::optional, fragment},
    Row{"Allergi/Kontaktallergi",        "content()",                  Card::optional, fragment},
    Row{"Allergi/PollenInnsektstikk",    "content()",                  Card::optional, fragment},
    Row{"Allergi/AllergiskMot",          "code.text",                  Card::one,      text},
    Row{"Allergi/VirkestoffLegemiddel",  "code.coding",                Card::optional, coded_cv, {}, code_list::kAtc.number()},
    Row{"Allergi/KodeAnnetStoff",        "content()",                  Card::optional, fragment},
    Row{"Allergi/AnafylaktiskeReaksjoner", "content()",                Card::optional, fragment},
};

const std::array kJournalRows{
    Row{"",              "",                                 Card::one,      nested, kComponentHeadRows},
    Row{"Journaltekst",  "section",                          Card::many,     journal_text},
};

/// The ids keep an empty Cave apart from none: the sender says that there is nothing to be careful about.
const std::array kCaveHeadRows{
    Row{"@komponentID", "Composition.extension(cave-head).valueString", Card::optional, text},
    Row{"@informasjonskategori",       "Composition.extension(cave-head-category).valueString", Card::optional, text},
    Row{"@referanseViktigTilleggsinfo", "Composition.extension(cave-head-reference).valueString", Card::optional, text},
    Row{"StikkordCave", "AllergyIntolerance",  Card::many, tagged, kWarningRows, "MedisinskfagligeOpplysninger/Cave"},
};
const std::array kCaveRows{
    Row{"@komponentID", "Composition.extension(cave).valueString",      Card::optional, text},
    Row{"@informasjonskategori",       "Composition.extension(cave-category).valueString", Card::optional, text},
    Row{"@referanseViktigTilleggsinfo", "Composition.extension(cave-reference).valueString", Card::optional, text},
    Row{"SakshodeCave", "",                    Card::one,  nested, kCaveHeadRows},
    Row{"Allerginotat", "AllergyIntolerance",  Card::many, tagged, kAllergyRows, "MedisinskfagligeOpplysninger/Cave/Allerginotat"},
};

const std::array kMedicalRows{
    //  message                       FHIR                   card            conversion
    Row{"RegistrertBlodtype",         "Composition.section(MedisinskfagligeOpplysninger).section", Card::optional, section_fragment},
    Row{"InfoTidligereSykdommer",     "Condition",           Card::many, tagged,   kEarlierRows, "MedisinskfagligeOpplysninger/InfoTidligereSykdommer"},
    Row{"Cave",                       "",                    Card::optional, nested, kCaveRows},
    Row{"Allerginotat",               "AllergyIntolerance",  Card::many, resource, kAllergyRows, "MedisinskfagligeOpplysninger/Allerginotat"},
    Row{"GenereltJournalnotat",       "Composition.section(MedisinskfagligeOpplysninger).section", Card::many, section_group, kJournalRows},
};

const std::array kOtherImportantRows{
    Row{"GenereltJournalnotat", "Composition.section(InfoAndreViktigeOpplysninger).section", Card::many, section_group, kJournalRows},
    Row{"Allerginotat",         "AllergyIntolerance",  Card::many, tagged, kAllergyRows, "InfoAndreViktigeOpplysninger/Allerginotat"},
};

const std::array kAssessmentRows{
    Row{"InnholdVurdering",  "section", Card::one,  section_fragment},
    Row{"Journaltekst",      "section", Card::many, journal_text},
};

const std::array kGoalRows{
    Row{"InnholdMaaldokument", "section", Card::one,  section_fragment},
    Row{"Journaltekst",        "section", Card::many, journal_text},
};

const std::array kFromNurseRows{
    Row{"OpplysningerRelevantOppfolging", "section", Card::optional, section_fragment},
    Row{"Journaltekst",                   "section", Card::many,     journal_text},
};

const std::array kNursingRows{
    //  message                               FHIR                                                    card            conversion
    Row{"InfoFraSykepleier",                  "Composition.section(Sykepleierdokumentasjon).section", Card::optional, section_group, kFromNurseRows},
    Row{"LegemidlerAdministrertVedOverforing", "Composition.section(Sykepleierdokumentasjon).section", Card::optional, section_fragment},
    Row{"InfoAvtaleOmLegemiddeladm",          "Composition.section(Sykepleierdokumentasjon).section", Card::optional, section_fragment},
    Row{"InfoVurderinger",                    "Composition.section(Sykepleierdokumentasjon).section", Card::many,     section_group, kAssessmentRows},
    Row{"IverksatteTiltak",                   "Composition.section(Sykepleierdokumentasjon).section", Card::many,     section_fragment},
    Row{"AnbefaltVidereTiltak",               "Composition.section(Sykepleierdokumentasjon).section", Card::many,     section_fragment},
    Row{"InfoMaalForventetRes",               "Composition.section(Sykepleierdokumentasjon).section", Card::many,     section_group, kGoalRows},
    Row{"Ansvarlig",                          "Composition.section(Sykepleierdokumentasjon).section", Card::many,     section_fragment},
};

const std::array kOtherReportRows{
    Row{"BehandlingStart",           "content()", Card::optional, fragment},
    Row{"StatusInnleggelse",         "content()", Card::optional, fragment},
    Row{"StatusBehandlingsstart",    "content()", Card::optional, fragment},
    Row{"ForventetStatusUtskriving", "content()", Card::optional, fragment},
    Row{"AnsvarligRapport",          "content()", Card::optional, fragment},
    Row{"Journaltekst",              "section",   Card::many,     journal_text},
};

const std::array kOtherGroupsRows{
    Row{"AndreFagrapporter",    "section", Card::optional, section_group, kOtherReportRows},
    Row{"AnbefaltVidereTiltak", "section", Card::many,     section_fragment},
    Row{"InfoVurderinger",      "section", Card::many,     section_group, kAssessmentRows},
};

const std::array kFunctionRows{
    Row{"Funksjonsvariabel", "code",         Card::optional, coded_cv, {}, "9111"},
    Row{"Vurdering",         "valueInteger", Card::optional, integer},
    Row{"Merknad",           "note",         Card::optional, annotation},
};

const std::array kFunctionLevelRows{
    Row{"SamletVurderingFunksjonsniva", "Composition.section(InfoKartleggingFunksjonsniva).section", Card::optional, section_fragment},
    Row{"KartlagtFunksjon",             "Observation", Card::many, tagged, kFunctionRows, "InfoKartleggingFunksjonsniva/KartlagtFunksjon"},
    Row{"Ansvarlig",                    "Composition.section(InfoKartleggingFunksjonsniva).section", Card::optional, section_fragment},
};

const std::array kPrescriptionRows{
    //  message                    FHIR                               card            conversion
    Row{"BruksomradeTekst",        "reasonCode.text",                 Card::optional, text},
    Row{"DosVeiledEnkel",          "dosage.text",                     Card::optional, text},
    Row{"Nr",                      "content()",                       Card::optional, fragment},
    Row{"Navn",                    "medicationCodeableConcept.text",  Card::one,      text},
    Row{"GeneriskNavn",            "content()",                       Card::optional, fragment},
    Row{"Atc",                     "medicationCodeableConcept.coding", Card::optional, atc, {}, code_list::kAtc.number()},
    Row{"Legemiddelform",          "extension(dose-form).valueCodeableConcept", Card::optional, coded_cs, {}, "7448"},
    Row{"Styrke",                  "extension(strength).valueQuantity", Card::optional, quantity},
    Row{"Bruk",                    "extension(use).valueCodeableConcept", Card::optional, coded_cs, {}, "9101"},
    Row{"DoseringStarttidspunkt",  "effectivePeriod.start",           Card::optional, time_ts},
    Row{"DoseringSluttidspunkt",   "effectivePeriod.end",             Card::optional, time_ts},
    Row{"SkalIkkeTasSammenMedAnnetLegemiddel", "content()",           Card::optional, fragment},
};

const std::array kMedicationRows{
    Row{"@komponentID",                                 "identifier", Card::optional, identifier_value},
    Row{"",                                             "",           Card::one,      nested, kComponentRows},
    Row{"ForenkletForskrivning/StatusTilForskrivningen", "statusReason", Card::optional, coded_cs, {}, "9104"},
    Row{"ForenkletForskrivning/InngaarIMultidose",      "extension(multidose).valueCodeableConcept", Card::optional, coded_cs, {}, "9103"},
    Row{"ForenkletForskrivning/ReseptId",               "content()",  Card::optional, fragment},
    Row{"ForenkletForskrivning/Merknad",                "note",       Card::optional, annotation},
    Row{"ForenkletForskrivning/Forskriver",             "content()",  Card::optional, fragment},
    Row{"ForenkletForskrivning/Forskrivningsinfo",      "",           Card::one,      nested, kPrescriptionRows},
};

const std::array kServiceNeedRows{
    Row{"IPLOStjenestetype",     "code",                        Card::optional, condition_code, {}, "9151"},
    Row{"BetegnelseTjeneste",    "code.text",                   Card::optional, text},
    Row{"VedInstitusjon",        "locationReference.display",   Card::optional, text},
    Row{"BeskrivelseAvTjeneste", "note",                        Card::optional, annotation},
    Row{"AntallEnheterOnsket",   "content()",                   Card::optional, fragment},
    Row{"Enhet",                 "content()",                   Card::optional, fragment},
};

const std::array kPlainSectionRows{
    Row{"MedisinskfagligeOpplysninger/GenereltJournalnotat/Journaltekst", "Composition.section", Card::many, plain_section},
};
// clang-format on

Element part(Element event, std::string_view url) { return event.extension(url); }

}  // namespace

const Rows kShipment = kShipmentRows;
const Rows kSentDocumentsApart = kSentApartRows;
const Rows kSentDocumentsSection = kSentSectionRows;
const Rows kEvent = kEventRows;
const Rows kDiagnosis = kDiagnosisRows;
const Rows kMedical = kMedicalRows;
const Rows kOtherImportant = kOtherImportantRows;
const Rows kNursing = kNursingRows;
const Rows kOtherGroups = kOtherGroupsRows;
const Rows kFunctionLevel = kFunctionLevelRows;
const Rows kMedication = kMedicationRows;
const Rows kComponentHead = kComponentHeadRows;
const Rows kServiceNeed = kServiceNeedRows;
const Rows kPlainSections = kPlainSectionRows;

std::string_view event_time(Element holder, std::string_view code) {
  for (const Element event : holder.each("extension")) {
    if (event["url"].value() != extension_url("event")) continue;
    for (const Element coding : part(event, "code")["valueCodeableConcept"].each("coding"))
      if (coding["code"].value() == code) return part(event, "time")["valueDateTime"].value();
  }
  return {};
}

std::string_view first_event_time(Element holder) {
  return part(holder.extension(extension_url("event")), "time")["valueDateTime"].value();
}

std::string_view event_place(Element holder) {
  std::string_view place;
  for (const Element event : holder.each("extension"))
    if (event["url"].value() == extension_url("event") && part(event, "place"))
      place = part(event, "place")["valueString"].value();
  return place;
}

XmlNode event_node(std::string_view code, std::string_view display, std::string_view fhir_time) {
  XmlNode made, kind, when, estimate;
  made.name = "TidsfestetHendelse";
  kind.name = "Hendelsekode", when.name = "TidspunktForHendelse", estimate.name = "Anslag", estimate.text = "false";
  kind.attributes = {
      {"V", std::string(code)}, {"S", std::string(code_list::kHospitalEvents.oid())}, {"DN", std::string(display)}};
  when.attributes = {{"V", norway::to_message_time(fhir_time)}};
  made.children = {std::move(kind), std::move(when), std::move(estimate)};
  return made;
}

}  // namespace varde::mappings::plo
