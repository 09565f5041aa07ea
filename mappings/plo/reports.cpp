/// Reports from one service to the next <-> Composition and what it speaks of: MEDISINSKE_OPPLYSNINGER,
/// INNLEGGELSESRAPPORT, UTSKRIVNINGSRAPPORT, ORIENTERING_TJENESTETILBUD, FRAVARSMELDING.
/// Sources: HIS 1143, 1146, 1147, 1148:2014, HIS 80704:2009 and 2014.
#include <array>

#include "mappings/plo/components.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/section.h"

namespace varde::mappings::plo {
namespace {

// clang-format off
/// What no other row takes is a section of its own, to the letter.
const std::array kReportRows{
    //  message                                     FHIR                   card            conversion
    Row{"",                                         "",                    Card::one,      nested, kShipment},
    Row{"InfoMedisinskDiagnose/MedisinskDiagnose",  "Condition",           Card::many,     resource, kDiagnosis, "InfoMedisinskDiagnose/MedisinskDiagnose"},
    Row{"MedisinskfagligeOpplysninger",             "",                    Card::optional, nested, kMedical},
    Row{"",                                         "",                    Card::optional, nested, kPlainSections},
    Row{"Legemiddelinfo",                           "MedicationStatement", Card::many,     resource, kMedication, "Legemiddelinfo"},
    Row{"OpplysningerAndreFaggrupper",              "Composition.section", Card::many,     section_group, kOtherGroups},
    Row{"InfoKartleggingFunksjonsniva",             "",                    Card::optional, nested, kFunctionLevel},
    Row{"InfoAndreViktigeOpplysninger",             "",                    Card::optional, nested, kOtherImportant},
};
const std::array kMedicalInformationRows{
    Row{"",                                         "",                    Card::one,      nested, kReportRows},
    Row{"*",                                        "Composition.section", Card::many,     section_fragment},
};
const std::array kStayReportRows{
    Row{"",                                         "",                    Card::one,      nested, kReportRows},
    Row{"Sykepleierdokumentasjon",                  "",                    Card::optional, nested, kNursing},
    Row{"*",                                        "Composition.section", Card::many,     section_fragment},
};
const std::array kShortRows{
    Row{"",                                         "",                    Card::one,      nested, kShipment},
    Row{"*",                                        "Composition.section", Card::many,     section_fragment},
};

constexpr std::array kServiceInformationVersions{
    MessageVersion{"1.6", "OrienteringOmTjenestetilbud",      "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2012-04-01",     "1.1"},
    MessageVersion{"1.5", "OrienteringOmTjenestetilbud",      "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2009-06-30",     "1.0"}};
constexpr std::array kMedicalInformationVersions{
    MessageVersion{"1.6", "OverforingMedisinskeOpplysninger", "http://www.kith.no/xmlstds/po/MedisinskeOpplysninger/2012-04-01",          "1.1"},
    MessageVersion{"1.5", "OverforingMedisinskeOpplysninger", "http://www.kith.no/xmlstds/po/OverforingMedisinskeOpplysninger/2009-06-30", "1.0"}};
constexpr std::array kDischargeReportVersions{
    MessageVersion{"1.6", "TverrfagligEpikrise",              "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2012-04-01",             "1.1"},
    MessageVersion{"1.5", "TverrfagligEpikrise",              "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2009-06-30",             "1.0"}};
constexpr std::array kAdmissionReportVersions{
    MessageVersion{"1.6", "Innleggelsesrapport",              "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2012-04-01",             "1.1"},
    MessageVersion{"1.5", "Innleggelsesrapport",              "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2009-06-30",             "1.0"}};
constexpr std::array kAbsenceVersions{
    MessageVersion{"1.5", "MeldingFravar",                    "http://www.kith.no/xmlstds/po/MeldingFravar/2009-06-30",                   "1.0"}};
// clang-format on

void derive(Inbound&) {}

}  // namespace

}  // namespace varde::mappings::plo

namespace varde::mappings {
using namespace plo;

const rows::Mapping kServiceInformation{kServiceInformationVersions, kShortRows, true, derive};
const rows::Mapping kMedicalInformation{kMedicalInformationVersions, kMedicalInformationRows, true, derive};
const rows::Mapping kDischargeReport{kDischargeReportVersions, kStayReportRows, true, derive};
const rows::Mapping kAdmissionReport{kAdmissionReportVersions, kStayReportRows, true, derive};
const rows::Mapping kAbsence{kAbsenceVersions, kShortRows, true, derive};

}  // namespace varde::mappings
