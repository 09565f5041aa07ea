#include <array>

#include "mappings/message.h"

namespace varde::mappings {
namespace {

// clang-format off
constexpr std::string_view kPatientLogistics15 = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2009-06-30";
constexpr std::string_view kPatientLogistics16 = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01";
constexpr std::string_view kDialogue10 = "http://www.kith.no/xmlstds/dialog/2006-10-11";
constexpr std::string_view kDialogue11 = "http://www.kith.no/xmlstds/dialog/2013-01-23";

/// Sources: HIS 80704:2009 and 2014 with their profiles HIS 1143-1149, HIS 80603, HIS 1150; AppRec version: HITS 1168:2016 8.3.
constexpr std::array kTypes{
    //          list 8279                     version  root                                namespace                                                                 AppRec  name in list 8279
    MessageType{"LOG_INNLAGT",                "1.6",   "Pasientlogistikk",                 kPatientLogistics16,                                                      "1.1",  "Melding om innlagt pasient"},
    MessageType{"LOG_UTSKRIVNINGSKLAR",       "1.6",   "Pasientlogistikk",                 kPatientLogistics16,                                                      "1.1",  "Melding om utskrivningsklar pasient"},
    MessageType{"LOG_AVMELDING",              "1.6",   "Pasientlogistikk",                 kPatientLogistics16,                                                      "1.1",  "Avmelding av utskrivningsklar pasient"},
    MessageType{"LOG_UTSKREVET",              "1.6",   "Pasientlogistikk",                 kPatientLogistics16,                                                      "1.1",  "Melding om utskrevet pasient"},
    MessageType{"LOG_DOD",                    "1.6",   "Pasientlogistikk",                 kPatientLogistics16,                                                      "1.1",  "Orientering om dødsfall"},
    MessageType{"HELSEOPPL_SOKNAD",           "1.6",   "HelseopplysningerVedSoknad",       "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01",       "1.1",  "Helseopplysninger"},
    MessageType{"HELSEOPPLYSNINGER_LEGE",     "1.6",   "Konsultasjon",                     "http://www.kith.no/xmlstds/po/HelseopplysningerTilLege/2012-04-01",         "1.1",  "Helseopplysninger til lege"},
    MessageType{"ORIENTERING_TJENESTETILBUD", "1.6",   "OrienteringOmTjenestetilbud",      "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2012-04-01",      "1.1",  "Orientering om tjenestetilbud"},
    MessageType{"MEDISINSKE_OPPLYSNINGER",    "1.6",   "OverforingMedisinskeOpplysninger", "http://www.kith.no/xmlstds/po/MedisinskeOpplysninger/2012-04-01",           "1.1",  "Medisinske opplysninger"},
    MessageType{"UTSKRIVNINGSRAPPORT",        "1.6",   "TverrfagligEpikrise",              "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2012-04-01",              "1.1",  "Utskrivningsrapport"},
    MessageType{"INNLEGGELSESRAPPORT",        "1.6",   "Innleggelsesrapport",              "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2012-04-01",              "1.1",  "Innleggelsesrapport"},
    MessageType{"LOG_INNLAGT",                "1.5",   "Pasientlogistikk",                 kPatientLogistics15,                                                      "1.0",  "Melding om innlagt pasient"},
    MessageType{"LOG_UTSKRIVNINGSKLAR",       "1.5",   "Pasientlogistikk",                 kPatientLogistics15,                                                      "1.0",  "Melding om utskrivningsklar pasient"},
    MessageType{"LOG_AVMELDING",              "1.5",   "Pasientlogistikk",                 kPatientLogistics15,                                                      "1.0",  "Avmelding av utskrivningsklar pasient"},
    MessageType{"LOG_UTSKREVET",              "1.5",   "Pasientlogistikk",                 kPatientLogistics15,                                                      "1.0",  "Melding om utskrevet pasient"},
    MessageType{"LOG_DOD",                    "1.5",   "Pasientlogistikk",                 kPatientLogistics15,                                                      "1.0",  "Orientering om dødsfall"},
    MessageType{"HELSEOPPL_SOKNAD",           "1.5",   "HelseopplysningerVedSoknad",       "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2009-06-30",       "1.0",  "Helseopplysninger"},
    MessageType{"HELSEOPPLYSNINGER_LEGE",     "1.5",   "Konsultasjon",                     "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30",                     "1.0",  "Helseopplysninger til lege"},
    MessageType{"ORIENTERING_TJENESTETILBUD", "1.5",   "OrienteringOmTjenestetilbud",      "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2009-06-30",      "1.0",  "Orientering om tjenestetilbud"},
    MessageType{"MEDISINSKE_OPPLYSNINGER",    "1.5",   "OverforingMedisinskeOpplysninger", "http://www.kith.no/xmlstds/po/OverforingMedisinskeOpplysninger/2009-06-30", "1.0",  "Medisinske opplysninger"},
    MessageType{"UTSKRIVNINGSRAPPORT",        "1.5",   "TverrfagligEpikrise",              "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2009-06-30",              "1.0",  "Utskrivningsrapport"},
    MessageType{"INNLEGGELSESRAPPORT",        "1.5",   "Innleggelsesrapport",              "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2009-06-30",              "1.0",  "Innleggelsesrapport"},
    MessageType{"FRAVARSMELDING",             "1.5",   "MeldingFravar",                    "http://www.kith.no/xmlstds/po/MeldingFravar/2009-06-30",                    "1.0",  "Fraværsmelding"},
    MessageType{"DIALOG_FORESPORSEL",         "1.0",   "Dialogmelding",                    kDialogue10,                                                              "1.0",  "Forespørsel"},
    MessageType{"DIALOG_SVAR",                "1.0",   "Dialogmelding",                    kDialogue10,                                                              "1.0",  "Svar på forespørsel"},
    MessageType{"DIALOG_NOTAT",               "1.0",   "Dialogmelding",                    kDialogue10,                                                              "1.0",  "Notat"},
    MessageType{"DIALOG_AVVIK",               "1.0",   "Dialogmelding",                    kDialogue10,                                                              "1.0",  "Tilbakemelding om feil i mottatt melding"},
    MessageType{"DIALOG_HELSEFAGLIG",         "1.1",   "Dialogmelding",                    kDialogue11,                                                              "1.1",  "Helsefaglig dialog"},
    MessageType{"DIALOG_STATUS_HENVISNING",   "1.1",   "Dialogmelding",                    kDialogue11,                                                              "1.1",  "Status på henvisning"},
    MessageType{"DIALOG_TIL_ARKIVERING",      "1.1",   "Dialogmelding",                    kDialogue11,                                                              "1.1",  "Til arkivering i pasientens journal"},
    MessageType{"EPJ-EKSTRAKT",               "1.0",   "Node",                             "http://www.kith.no/xmlstds/epj/EPJEkstrakt/2008-02-20",                     "1.0",  "Kommunikasjon av EPJ-innhold"},
};
// clang-format on

}  // namespace

std::span<const MessageType> message_types() { return kTypes; }

}  // namespace varde::mappings
