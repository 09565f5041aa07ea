#pragma once
/// @file server/messaging/names.h
/// The systems and URLs that the gateway's resources carry. README.md in this folder says what each is for.
#include <string>
#include <string_view>

#include "norway/code_lists.h"

namespace varde::messaging::names {

inline constexpr std::string_view kMessageType = norway::code_list::kMessageTypes.system;
inline constexpr std::string_view kAppRecError = norway::code_list::kAppRecErrors.system;
inline constexpr std::string_view kAppRecStatus = norway::code_list::kAppRecStatus.system;
inline constexpr std::string_view kMessageStatus = norway::code_list::kMessageStatus.system;
inline constexpr std::string_view kUri = "urn:ietf:rfc:3986";  ///< identifier.value is "urn:uuid:<MsgId>"

inline constexpr std::string_view kMessageState = "https://varde.example/fhir/CodeSystem/message-state";
/// Identifier of what a message made or changed: "<sender's HER-id>/<MsgId>"; its type is the message type.
inline constexpr std::string_view kMessage = "https://varde.example/fhir/sid/message";
/// Identifier of every stay in hospital of one patient: the patient's logical id.
inline constexpr std::string_view kAdmissionOf = "https://varde.example/fhir/sid/admission-of";
/// Identifier of every message in force about one patient's stays: the patient's logical id. kHospitalEvent on it says
/// what it tells.
inline constexpr std::string_view kHospitalEventOf = "https://varde.example/fhir/sid/hospital-event-of";
/// Identifiers of a Task about messages that contradict one another: the patient's logical id; what contradicts what.
inline constexpr std::string_view kContradictionOf = "https://varde.example/fhir/sid/contradiction-of";
inline constexpr std::string_view kContradiction = "https://varde.example/fhir/sid/contradiction";
/// Identifier of a message by what it tells: "<sender's HER-id>/<type>/<patient's id>/<day of the event>"; joins a
/// cancellation without ConversationRef, as PLO 1.5 sends it, to its original.
inline constexpr std::string_view kEvent = "https://varde.example/fhir/sid/event";
/// Identifiers of a change's or cancellation's Communication: the messages that it is about, the nearest first, so that
/// an original that comes later is known. "<sender's HER-id>/<MsgId>", or a kEvent where it refers to none.
inline constexpr std::string_view kAbout = "https://varde.example/fhir/sid/about-message";

/// Identifier of every message of one conversation: the MsgId of its first, "urn:uuid:<MsgId>". One search reads it
/// all.
inline constexpr std::string_view kConversation = "https://varde.example/fhir/sid/conversation";

inline constexpr std::string_view kAppRec = "https://varde.example/fhir/StructureDefinition/apprec";
inline constexpr std::string_view kDelivery = "https://varde.example/fhir/StructureDefinition/message-delivery";
inline constexpr std::string_view kPausedFollowUp = "https://varde.example/fhir/StructureDefinition/paused-follow-up";
inline constexpr std::string_view kWorkItem = "https://varde.example/fhir/StructureDefinition/work-item";
inline constexpr std::string_view kReadyForDischarge =
    "https://varde.example/fhir/StructureDefinition/ready-for-discharge";
inline constexpr std::string_view kHospitalEvent = "https://varde.example/fhir/StructureDefinition/hospital-event";
inline constexpr std::string_view kEndedEpisode = "https://varde.example/fhir/StructureDefinition/ended-episode";

}  // namespace varde::messaging::names
