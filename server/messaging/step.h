#pragma once
/// @file server/messaging/step.h
/// One message on its way through reception, inside one transaction.
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "mappings/message.h"
#include "mappings/signature/verify.h"
#include "server/interaction/store.h"
#include "server/messaging/bundle_writer.h"
#include "server/messaging/messaging.h"
#include "server/messaging/story.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

struct Step {
  interaction::Act& act;
  const Settings& settings;
  const storage::InboxRow& row;
  mappings::Message& message;
  /// Of a message that is signed, where signatures are checked.
  const std::optional<mappings::signature::Verdict>& signature;
};

/// What the message is refused with beyond its own failures.
using Refusal = std::vector<mappings::CodedError>;

/// Stores a Communication of the envelope alone and ends the row; `why` in Norwegian, for people. `patient_id`: with
/// whom it goes (erasure), where that is known.
Result<void> finish_without_content(Step& step, storage::InboxState inbox_state, State state, std::string_view why,
                                    const Refusal& refusal = {}, std::string_view patient_id = {});
/// The AppRecs into the outbox, by what `message.failures` and `refusal` say: one for each receiver that is us (HITS
/// 1168:2016 §5.1). The first is remembered in the inbox row by `outcome`. Nothing where none may be sent. Marks the
/// Communication when it is given.
void answer(Step& step, storage::InboxOutcome& outcome, fhir::Editor communication, const Refusal& refusal = {});
/// Its sender says that it is a test, and this installation has real patients: it is answered and does nothing.
bool is_only_a_test(const Step& step);
/// A technical Task, about no patient; none about what is only a test.
Result<void> tell(Step& step, std::string description, std::string_view priority = "routine", std::string focus = {});

/// An AppRec to one of our messages. Source: HIS 80415:2012 §3.2, HITS 1168:2016 §5.1, §9.1.
Result<void> take_apprec(Step& step);
/// A message that may be processed: patient, effects, AppRec. `bundle` is its FHIR view.
Result<void> take_message(Step& step, BundleWriter& bundle);

}  // namespace varde::messaging
