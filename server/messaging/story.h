#pragma once
/// @file server/messaging/story.h
/// The Communication that tells a message's story, in and out: what it was, where it stands, what was answered.
/// Source: https://hl7.org/fhir/R4/communication.html
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "mappings/message.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::messaging {

enum class State {
  // in
  processed,
  refused_by_us,
  unreadable,
  misaddressed,
  duplicate,
  cancelled,
  replaced,
  test,
  // out
  queued,
  sent,
  delivered,
  refused,
  overdue,
  failed,
  stopped,
};

/// Code (our CodeSystem message-state), Communication.status and the words for people.
struct StateRow {
  State state;
  std::string_view code, status, text;
};
const StateRow& row_of(State state);

/// status and statusReason. `why` follows the state's words: "Avvist: T02 XML validerer ikke".
void set_state(fhir::Editor communication, State state, std::string_view why = {});
void add_identifier(fhir::Editor resource, std::string_view system, std::string_view value, std::string_view type = {});
/// Values of every identifier of that system, in order.
std::vector<std::string> identifiers(fhir::Element resource, std::string_view system);
/// Value of the first identifier of that system; empty when none.
std::string_view identifier(fhir::Element resource, std::string_view system);
/// Status (8258) and errors (8221) of an AppRec, given or received, as an extension; replaces an earlier one.
void set_apprec(fhir::Editor communication, mappings::AppRecStatus status,
                const std::vector<mappings::CodedError>& errors);
void add_note(fhir::Editor communication, std::string_view text, storage::Instant when);

/// What the envelope says, for a message whose content we do not map (refused, misaddressed, unreadable).
fhir::Tree communication_of(const mappings::Message& message);
/// "T02 XML validerer ikke; E10 Ugyldig meldingsidentifikator"
std::string words_of(const std::vector<mappings::CodedError>& errors);

/// "Encounter/123" -> "123"
std::string_view id_in(std::string_view reference);

}  // namespace varde::messaging
