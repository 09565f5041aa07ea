#pragma once
/// @file server/followup/codes.h
/// Canonical URLs and codes that follow-up writes and reads. The resources behind ours: conformance/followup/.
#include <array>
#include <string_view>

#include "norway/code_lists.h"

namespace varde::followup::codes {

// clang-format off
// ours
inline constexpr std::string_view kTaskCode     = "https://varde.example/fhir/CodeSystem/task-code";
inline constexpr std::string_view kAlertLevel   = "https://varde.example/fhir/CodeSystem/alert-level";
inline constexpr std::string_view kTaskInput    = "https://varde.example/fhir/CodeSystem/task-input";
inline constexpr std::string_view kServiceType  = "https://varde.example/fhir/CodeSystem/service-type";
inline constexpr std::string_view kAlertGroup   = "https://varde.example/fhir/NamingSystem/alert-group";
inline constexpr std::string_view kLimit        = "https://varde.example/fhir/StructureDefinition/limit";
inline constexpr std::string_view kRule         = "https://varde.example/fhir/StructureDefinition/rule";
inline constexpr std::string_view kRuleKind     = "https://varde.example/fhir/CodeSystem/rule-kind";
inline constexpr std::string_view kRuleFinding  = "https://varde.example/fhir/StructureDefinition/rule-finding";
inline constexpr std::string_view kLimitSource  = "https://varde.example/fhir/StructureDefinition/limit-source";
inline constexpr std::string_view kEndedWith    = "https://varde.example/fhir/StructureDefinition/ended-with";
inline constexpr std::string_view kPauseReason  = "https://varde.example/fhir/StructureDefinition/pause-reason";
inline constexpr std::string_view kTaskColour   = "https://varde.example/fhir/CodeSystem/task-colour";
inline constexpr std::string_view kTaskStep     = "https://varde.example/fhir/CodeSystem/task-step";
inline constexpr std::string_view kTaskOutcome  = "https://varde.example/fhir/CodeSystem/task-outcome";
inline constexpr std::string_view kTopic        = "https://varde.example/fhir/CodeSystem/communication-topic";
inline constexpr std::string_view kSnoozedUntil = "https://varde.example/fhir/StructureDefinition/snoozed-until";
inline constexpr std::string_view kEscalation   = "https://varde.example/fhir/StructureDefinition/escalation-step";
inline constexpr std::string_view kResponseTime = "https://varde.example/fhir/StructureDefinition/response-time";
inline constexpr std::string_view kAlertChain   = "https://varde.example/fhir/StructureDefinition/alert-chain";
inline constexpr std::string_view kTellGreen    = "https://varde.example/fhir/StructureDefinition/tell-green";
inline constexpr std::string_view kPatientState = "https://varde.example/fhir/StructureDefinition/patient-state";
inline constexpr std::string_view kCourse       = "https://varde.example/fhir/StructureDefinition/course";
inline constexpr std::string_view kCourseCode   = "https://varde.example/fhir/CodeSystem/course";
inline constexpr std::string_view kReferralStatus = "https://varde.example/fhir/CodeSystem/referral-status";
inline constexpr std::string_view kFlag         = "https://varde.example/fhir/NamingSystem/follow-up-flag";
inline constexpr std::string_view kCustody      = "https://varde.example/fhir/StructureDefinition/custody";
inline constexpr std::string_view kSerialNumber = "https://varde.example/fhir/NamingSystem/serial-number";
inline constexpr std::string_view kDeadline     = "https://varde.example/fhir/StructureDefinition/deadline";
inline constexpr std::string_view kReminder     = "https://varde.example/fhir/CodeSystem/communication-category";
inline constexpr std::string_view kPlanApproval = "https://varde.example/fhir/StructureDefinition/plan-approval";
inline constexpr std::string_view kPlanZone     = "https://varde.example/fhir/StructureDefinition/plan-zone";
inline constexpr std::string_view kPlanContact  = "https://varde.example/fhir/StructureDefinition/plan-contact";
inline constexpr std::string_view kJournalKind  = "https://varde.example/fhir/CodeSystem/journal-kind";
inline constexpr std::string_view kJournalEntry = "https://varde.example/fhir/NamingSystem/journal-entry";
inline constexpr std::string_view kJournalCursor = "https://varde.example/fhir/NamingSystem/journal-cursor";
inline constexpr std::string_view kVisits       = "https://varde.example/fhir/StructureDefinition/visits";
inline constexpr std::string_view kCareFile     = "https://varde.example/fhir/NamingSystem/care-file";
inline constexpr std::string_view kLetter       = "https://varde.example/fhir/StructureDefinition/letter";
inline constexpr std::string_view kPlannedPause = "https://varde.example/fhir/StructureDefinition/planned-pause";

// the Norwegian welfare technology hub (VKP)
inline constexpr std::string_view kVkpAlertCode        = "http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090";
inline constexpr std::string_view kVkpCarePlanCategory = "http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090";

// HL7 and others
inline constexpr std::string_view kUcum           = "http://unitsofmeasure.org";
inline constexpr std::string_view kInterpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
inline constexpr std::string_view kActReason      = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr std::string_view kCategory       = "http://terminology.hl7.org/CodeSystem/observation-category";
inline constexpr std::string_view kStatistic      = "http://terminology.hl7.org/CodeSystem/observation-statistics";
inline constexpr std::string_view kLoinc          = "http://loinc.org";
inline constexpr std::string_view kSnomed         = "http://snomed.info/sct";
inline constexpr std::string_view kNpu            = norway::code_list::kNpu.system;
inline constexpr std::string_view kMdc            = "urn:iso:std:iso:11073:10101";
// clang-format on

}  // namespace varde::followup::codes
