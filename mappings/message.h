#pragma once
/// @file mappings/message.h
/// A national message as received: what the envelope says, its payload, and what is wrong with it.
/// Sources: HIS 80601:2006 (MsgHead 1.2), HIS 80415:2012 (AppRec), HITS 1168:2016, HIS 80704:2009/2014 (PLO 1.5/1.6).
/// Faults (in Message::failures): not_well_formed T01, encoding_invalid T01, schema_invalid T02, message_unsupported
/// T10,
///   message_id_malformed E10, patient_unidentified E36, patient_identifier_invalid E31, attachment_unsupported X99,
///   too_deep T01, too_large X99, misaddressed (no AppRec). Pure; any thread. The checks: mappings/msghead/checks.cpp.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fault/id.h"
#include "mappings/message_type.h"
#include "mappings/reader/xml_node.h"

namespace varde::mappings {

struct Identifier {
  std::string value, type;
};  ///< type: code of list 8116/9051 (FNR, DNR, HER, ENH, HPR ...)

struct Party {
  std::string organisation;  ///< outermost name
  std::vector<Identifier> organisation_ids;
  std::string department;  ///< innermost organisation's name, empty when there is one level
  std::vector<Identifier> department_ids;
  std::string person;  ///< health professional, "Given Middle Family"
  std::vector<Identifier> person_ids;
  HerId her_id() const;  ///< of the innermost level that has one (the communication party)
};

struct PatientIdentity {
  std::string family, middle, given, birth_date, sex;  ///< sex: code of list 3101 (1, 2, 9 ...)
  std::vector<Identifier> ids;
};

/// Of a message that is not well-formed only what stands before the fault is known: enough, often, to answer its
/// sender.
struct Message {
  XmlNode document;     ///< MsgHead or AppRec; empty when not well-formed
  std::string type;     ///< MsgInfo/Type/@V, or "APPREC"
  std::string version;  ///< payload version, "1.6"; of an AppRec "1.0"/"1.1"; empty when unknown
  MsgId id;
  std::string generated;   ///< GenDate as written
  std::string status;      ///< Forsendelsesstatus or ServType (list 7309): N, M, C, A, H
  std::string processing;  ///< ProcessingStatus (list 8213): P production, D debugging, T training; empty: not said
  /// The document that the message carries, the same in its changes and its cancellation (HISD 1154:2018 §4):
  /// ServProvId, ServReq/Id or DocumentId; empty where the standard has none.
  std::string document_id;
  std::optional<std::string> parent_id, conversation_id;
  Party sender, receiver;
  std::vector<Party> copy_receivers;  ///< OtherReceiver with the role COP
  std::optional<PatientIdentity> patient;
  bool well_formed = false, schema_valid = false;
  bool looks_at_bytes = false;     ///< a large attachment is not copied: the bytes that were read must outlive this
  bool schema_known = false;       ///< false: there is no definition here to hold it to
  std::vector<Failure> failures;   ///< in order of the checks; empty = acceptable
  const XmlNode* payload() const;  ///< first payload element below Content; nullptr when none
  bool is_bare() const;            ///< from before MsgHead: the payload stands in a Message of its own standard
  bool is_test() const;            ///< its sender says that it is for debugging or training, about nobody real
  bool is_signed() const;          ///< it carries an XML signature; mappings/signature checks it
  bool acceptable() const { return failures.empty(); }
};

struct ReadLimits {
  std::size_t bytes = 35u << 20;
  std::size_t depth = 100;
};

/// Reads and checks one message, whatever it is. Never throws on input. The first call compiles the schemas: call
/// prepare() at start.
Message read_message(std::string_view bytes, const ReadLimits& limits = {});
void prepare();

// --- AppRec (mappings/apprec) ---------------------------------------------------------------------------------
enum class AppRecStatus { ok = 1, refused = 2, ok_with_part_errors = 3 };  ///< list 8258
struct CodedError {
  std::string code, text;   ///< list 8221
  std::string detail = {};  ///< what and where, in Norwegian (XML attribute OT)
};

struct AppRec {
  std::string version;  ///< "1.0" or "1.1"
  std::string id, generated;
  AppRecStatus status = AppRecStatus::ok;
  std::vector<CodedError> errors;
  MsgId original_id;
  std::string original_type, original_issued;
  Party sender, receiver;
  bool from_copy_receiver = false;  ///< the sender got the message as a copy (role COP)
};
/// The answer to `message`: OK when it has no failures, else refused with their 8221 codes (Norwegian text).
/// nullopt where none may be sent: for an AppRec, or when the sender cannot be addressed (no identifier).
/// `us`: our HER-id, when it may be a copy receiver's: the answer then comes from that one. Empty: from the Receiver.
std::optional<AppRec> answer(const Message& message, std::string id, std::string generated, const HerId& us = {});
/// The 8221 errors of its failures, also where no AppRec may be sent; empty when acceptable.
std::vector<CodedError> apprec_errors(const Message& message);
/// Its name in list 8221; "Annen feil" of a code that is not there.
std::string_view apprec_error_name(std::string_view code);
std::string write_apprec(const AppRec&);             ///< XML in UTF-8, valid by the official schema
Result<AppRec> read_apprec(const Message& message);  ///< of a Message whose type is APPREC

// --- PLO <-> FHIR (mappings/plo) ------------------------------------------------------------------------------
/// FHIR view of an acceptable message: a Bundle of type `collection`; entries refer to each other by urn:uuid fullUrl.
/// First entry: Communication (the message itself). Then Patient, and by type ServiceRequest, Encounter, Condition,
/// RelatedPerson, DocumentReference+Binary ... Parties are logical references (identifier + display).
/// `original` is the message as received: becomes Binary + DocumentReference.
Result<fhir::Tree> to_fhir(const Message& message, std::string_view original);

/// The inverse: a Bundle of type `document` or `collection` with a Composition or Communication that names the message
/// type, Patient, sender and receiver, Observations ... -> XML in UTF-8, schema-valid. See mappings/README.md for the
/// exact shape per message type.
/// Faults: required_missing, not_supported.
Result<std::string> from_fhir(fhir::Element bundle);

}  // namespace varde::mappings
