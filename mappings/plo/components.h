#pragma once
/// @file mappings/plo/components.h
/// The parts that the PLO messages share (poKomponent), as rows.
/// Source: HIS 80704:2014 chapters 5-11, HIS 80704:2009; code lists named in the rows.
#include "mappings/msghead/head.h"
#include "mappings/rows/conversions.h"

namespace varde::mappings::plo {
using namespace rows;
using namespace msghead;

/// InformasjonOmForsendelsen ... SendtDokument: how every PLO payload begins.
extern const Rows kShipment;
/// SendtDokument in a message without Composition / with one.
extern const Rows kSentDocumentsApart;
extern const Rows kSentDocumentsSection;
extern const Rows kEvent;           ///< below TidsfestetHendelse; FHIR side: extension(event)
extern const Rows kDiagnosis;       ///< below MedisinskDiagnose; FHIR side: Condition
extern const Rows kMedical;         ///< below MedisinskfagligeOpplysninger
extern const Rows kOtherImportant;  ///< below InfoAndreViktigeOpplysninger
extern const Rows kNursing;         ///< below Sykepleierdokumentasjon
extern const Rows kOtherGroups;     ///< below OpplysningerAndreFaggrupper
extern const Rows kFunctionLevel;   ///< below InfoKartleggingFunksjonsniva
extern const Rows kMedication;      ///< below Legemiddelinfo; FHIR side: MedicationStatement
extern const Rows kComponentHead;   ///< what every EPJ component says of itself; FHIR side: a section
extern const Rows kServiceNeed;     ///< below TjenesteBehov; FHIR side: ServiceRequest

/// To the message only: headings of others' Compositions, under MedisinskfagligeOpplysninger.
extern const Rows kPlainSections;

/// The time of the first event with that code (list 9121) below `holder`'s extension(event); empty when none.
std::string_view event_time(fhir::Element holder, std::string_view code);
/// As event_time, of the first event whatever its code.
std::string_view first_event_time(fhir::Element holder);
std::string_view event_place(fhir::Element holder);
/// TidsfestetHendelse of a code of list 9121, for resources that tell of it by their own times alone.
XmlNode event_node(std::string_view code, std::string_view display, std::string_view fhir_time);

}  // namespace varde::mappings::plo
