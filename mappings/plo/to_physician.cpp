/// HELSEOPPLYSNINGER_LEGE <-> Composition and what it speaks of.
/// Sources: HIS 1145:2014, HIS 80704:2014 §8; code lists 9137 (type of content), 9142 and 9141 (headings).
#include <array>

#include "mappings/plo/components.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"

namespace varde::mappings::plo {
namespace {

// clang-format off
const std::array kContentRows{
    //  message                    FHIR                                       card            conversion
    Row{"TypeInnholdKonsultasjon", "Composition.category",                    Card::one,      coded_cs, {}, code_list::kToPhysician.number()},
    Row{"Merknad",                 "Composition.extension(remark).valueString", Card::optional, text},
};

const std::array kToPhysicianRows{
    //  message                        FHIR                    card            conversion
    Row{"",                            "",                     Card::one,      nested, kShipment},
    Row{"InnholdKonsultasjon",         "",                     Card::optional, nested, kContentRows},
    Row{"InfoMedisinskDiagnose/MedisinskDiagnose", "Condition", Card::many,    resource, kDiagnosis, "InfoMedisinskDiagnose/MedisinskDiagnose"},
    Row{"MedisinskfagligeOpplysninger", "",                    Card::optional, nested, kMedical},
    Row{"",                            "",                     Card::optional, nested, kPlainSections},
    Row{"Legemiddelinfo",              "MedicationStatement",  Card::many,     resource, kMedication, "Legemiddelinfo"},
    Row{"InfoAndreViktigeOpplysninger", "",                    Card::optional, nested, kOtherImportant},
    Row{"Sykepleierdokumentasjon",     "",                     Card::optional, nested, kNursing},
    Row{"InfoKartleggingFunksjonsniva", "",                    Card::optional, nested, kFunctionLevel},
    Row{"InfoInformasjonGitt",         "Composition.section",  Card::many,     section_fragment},
    Row{"InfoAssistertKommunikasjon",  "Composition.section",  Card::many,     section_fragment},
    Row{"InfoReservasjon",             "Composition.section",  Card::many,     section_fragment},
    Row{"",                            "",                     Card::optional, nested, kSentDocumentsSection},
};
// clang-format on

void derive(Inbound&) {}

// clang-format off
constexpr std::array kVersions{
    MessageVersion{"1.6", "Konsultasjon",                     "http://www.kith.no/xmlstds/po/HelseopplysningerTilLege/2012-04-01",        "1.1"},
    MessageVersion{"1.5", "Konsultasjon",                     "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30",                    "1.0"}};
// clang-format on

}  // namespace

}  // namespace varde::mappings::plo

namespace varde::mappings {
using namespace plo;

// clang-format off
const rows::Mapping kToPhysician{kVersions, kToPhysicianRows, true, derive, nullptr};
// clang-format on

}  // namespace varde::mappings
