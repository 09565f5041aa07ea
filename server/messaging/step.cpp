#include "server/messaging/step.h"

#include <fmt/format.h>

#include "server/followup/followup.h"
#include "server/messaging/moment.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/reception.h"

namespace varde::messaging {

void answer(Step& step, storage::InboxOutcome& outcome, fhir::Editor communication) {
  const auto apprec = mappings::answer(step.message, step.store.new_id(), oslo_text(step.db.now()),
                                       HerId{step.settings.our_her_id});
  if (!apprec) return;
  outcome.apprec = mappings::write_apprec(*apprec);
  outcome.apprec_status = std::to_string(static_cast<int>(apprec->status));
  storage::OutboxRow row;
  row.msg_id = same_case(apprec->id);
  row.type = "APPREC";
  row.receiver_her = her_id_of(step.message.sender);
  row.in_reply_to = same_case(step.message.id.text);
  row.communication_id = outcome.communication_id;
  row.bytes = outcome.apprec;
  storage::outbox::add(step.db, row);
  set_apprec(communication, apprec->status, apprec->errors);
  outcome.detail = words_of(apprec->errors);
}

Result<void> finish_without_content(Step& step, storage::InboxState inbox_state, State state, std::string_view why) {
  storage::InboxOutcome outcome{inbox_state, communication_id_of(step.row.id), {}, {}, {}};
  auto tree = communication_of(step.message);
  auto communication = tree.edit();
  communication.set("received", oslo_text(step.row.received));
  std::string reason(why);
  if (state == State::refused_by_us) {
    answer(step, outcome, communication);
    reason = outcome.detail;
  }
  set_state(communication, state, reason);
  for (const auto& failure : step.message.failures) outcome.detail += fmt::format(" [{}]", row_of(failure.fault).name);
  storage::inbox::finish(step.db, step.row.id, outcome);
  const auto saved = step.store.create(step.db, communication, outcome.communication_id);
  if (!saved) return tl::unexpected<Failure>(saved.error());
  return {};
}

Result<void> tell(Step& step, std::string description, std::string_view priority, std::string focus) {
  if (focus.empty()) focus = "Communication/" + communication_id_of(step.row.id);
  return followup::raise(step.db, step.store, {"", "technical", std::string(priority), std::move(description), std::move(focus)})
      .map([](const auto&) {});
}

}  // namespace varde::messaging
