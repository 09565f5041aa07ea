/// Types of message whose envelope and original are kept, and of whose content nothing becomes FHIR yet.
#include <array>

#include "mappings/plo/mapping.h"

namespace varde::mappings::plo {
namespace {

// clang-format off
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
constexpr std::array kDialogue10Versions{
    MessageVersion{"1.0", "Dialogmelding",                    "http://www.kith.no/xmlstds/dialog/2006-10-11",                             "1.0"}};
constexpr std::array kDialogue11Versions{
    MessageVersion{"1.1", "Dialogmelding",                    "http://www.kith.no/xmlstds/dialog/2013-01-23",                             "1.1"}};
constexpr std::array kRecordExtractVersions{
    MessageVersion{"1.0", "Node",                             "http://www.kith.no/xmlstds/epj/EPJEkstrakt/2008-02-20",                    "1.0"}};
// clang-format on

}  // namespace

const Mapping kServiceInformation{kServiceInformationVersions};
const Mapping kMedicalInformation{kMedicalInformationVersions};
const Mapping kDischargeReport{kDischargeReportVersions};
const Mapping kAdmissionReport{kAdmissionReportVersions};
const Mapping kAbsence{kAbsenceVersions};
const Mapping kDialogue10{kDialogue10Versions};
const Mapping kDialogue11{kDialogue11Versions};
const Mapping kRecordExtract{kRecordExtractVersions};

}  // namespace varde::mappings::plo
