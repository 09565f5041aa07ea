#pragma once
/// @file mappings/plo/letter.h
/// A letter of a follow-up centre to another service, as the FHIR Bundle that mappings::from_fhir makes a message of:
/// who writes to whom about whom, what services the patient has, text under the headings of code list 9142. Sources:
/// HIS 80704:2014 (EksisterendeTjeneste, Journaltekst), HIS 1143, 1145, 1146:2014, HITS 1174:2017 (contact). Faults:
/// required_missing (a sender or receiver without HER-id, a patient without name or identity),
///   message_id_malformed. Pure; any thread.
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "mappings/message.h"

namespace varde::mappings {

struct CodedText {
  std::string code, oid, display;  ///< oid of the code system without "urn:oid:", such as 2.16.578.1.12.4.1.1.7170
};

/// What every letter says beside its content.
struct LetterHead {
  std::string type;        ///< code of list 8279
  fhir::Element patient;   ///< Patient with name, identifier (FNR, DNR ...), birthDate, gender
  Party sender, receiver;  ///< each with a HER-id; both levels (organisation and department or person)
  std::string msg_id;      ///< UUID, lower case
  std::string generated;   ///< FHIR dateTime or instant; GenDate
  std::optional<std::string> parent_id, conversation_id;  ///< when it answers or continues a conversation
  std::string responsible;                                ///< name of who stands behind it; empty: nobody is named
  std::vector<Identifier> responsible_ids;                ///< HPR; needed when `responsible` is given
  std::string contact_phone;                              ///< of the responsible unit, "+47 22 00 00 00"; may be empty
};

/// EksisterendeTjeneste: a service that the patient has, or had.
struct ServiceLine {
  std::string name, provider;
  std::string details, remark;  ///< may be empty
  std::string start, end;       ///< dates, "2026-11-20"; may be empty
};
struct TextPart {
  std::string code, heading;  ///< list 9142: "FU", "Funn og undersøkelsesresultat"
  std::string text;           ///< left out where empty
};

struct CareLetter : LetterHead {
  std::string title;   ///< empty: the name of the type
  CodedText category;  ///< kind of content; may be empty
  std::vector<ServiceLine> services;
  std::vector<TextPart> parts;
  std::vector<CodedText> diagnoses;  ///< the first is the main one
};

/// A Bundle of type `collection`: Communication, Patient, Composition, Conditions. Its shape: mappings/README.md.
Result<fhir::Tree> care_letter_bundle(const CareLetter& letter);
/// Communication and Patient alone, for a letter whose content is no text: results of a laboratory.
Result<fhir::Tree> letter_head_bundle(const LetterHead& head);

}  // namespace varde::mappings
