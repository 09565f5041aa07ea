#include "server/messaging/step.h"

#include <algorithm>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/followup.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/reception.h"

namespace varde::messaging {

namespace {

/// We as a receiver, for the answer to a message that breaks off before it says to whom it is.
mappings::Party ourselves(const Settings& settings) {
  mappings::Party party;
  party.organisation = settings.our_organisation;
  if (!settings.our_organisation_her_id.empty()) party.organisation_ids = {{settings.our_organisation_her_id, "HER"}};
  party.department = settings.our_department;
  if (!settings.our_her_ids.empty()) party.department_ids = {{settings.our_her_ids.front(), "HER"}};
  return party;
}

bool is_nobody(const mappings::Party& party) {
  return party.organisation_ids.empty() && party.department_ids.empty() && party.person_ids.empty();
}

/// Those of our HER-ids that the message is to; the receiver as it stands when none of them is.
std::vector<HerId> addressed(const Step& step) {
  std::vector<HerId> ours;
  for (const auto& her_id : step.settings.our_her_ids)
    if (is_addressed_to(step.message, her_id)) ours.push_back({her_id});
  if (ours.empty()) ours.push_back({});
  return ours;
}

void send(Step& step, const mappings::AppRec& apprec, const storage::InboxOutcome& outcome, const std::string& bytes) {
  storage::OutboxRow row;
  row.msg_id = same_case(apprec.id);
  row.type = "APPREC";
  row.receiver_her = her_id_of(step.message.sender);
  row.route = route_to(step.settings.routes, row.receiver_her).name;
  row.in_reply_to = same_case(step.message.id.text);
  row.communication_id = outcome.communication_id;
  row.bytes = bytes;
  row.priority = storage::Priority::receipt;
  storage::outbox::add(step.act, row);
}

}  // namespace

void answer(Step& step, storage::InboxOutcome& outcome, fhir::Editor communication, const Refusal& refusal) {
  if (is_nobody(step.message.receiver)) step.message.receiver = ourselves(step.settings);
  std::vector<std::string> answered;  // receivers that are one party for us too
  for (const auto& us : addressed(step)) {
    auto apprec = mappings::answer(step.message, step.act.new_id(), norway::oslo_text(step.act.now()), us);
    if (!apprec) return;
    if (!refusal.empty()) {
      apprec->status = mappings::AppRecStatus::refused;
      apprec->errors.insert(apprec->errors.end(), refusal.begin(), refusal.end());
    }
    const auto from = her_id_of(apprec->sender);
    if (std::find(answered.begin(), answered.end(), from) != answered.end()) continue;
    answered.push_back(from);
    const auto bytes = mappings::write_apprec(*apprec);
    send(step, *apprec, outcome, bytes);
    if (answered.size() > 1) continue;
    outcome.apprec = bytes;
    outcome.apprec_status = std::to_string(static_cast<int>(apprec->status));
    outcome.detail = words_of(apprec->errors);
    set_apprec(communication, apprec->status, apprec->errors);
  }
}

Result<void> finish_without_content(Step& step, storage::InboxState inbox_state, State state, std::string_view why,
                                    const Refusal& refusal, std::string_view patient_id) {
  storage::InboxOutcome outcome{inbox_state, communication_id_of(step.row.id), {}, {}, {}};
  auto tree = communication_of(step.message);
  auto communication = tree.edit();
  communication.set("received", norway::oslo_text(step.row.received));
  if (!patient_id.empty()) communication.ensure("subject").set("reference", "Patient/" + std::string(patient_id));
  std::string reason(why);
  if (state == State::refused_by_us || state == State::test) {
    answer(step, outcome, communication, refusal);
    reason = outcome.detail;
  }
  set_state(communication, state, reason);
  for (const auto& failure : step.message.failures) outcome.detail += fmt::format(" [{}]", row_of(failure.fault).name);
  storage::inbox::finish(step.act, step.row.id, outcome);
  return step.act.create(communication, outcome.communication_id).map([](const auto&) {});
}

bool is_only_a_test(const Step& step) {
  return step.settings.test_messages == TestMessages::keep && step.message.is_test();
}

Result<void> tell(Step& step, std::string description, std::string_view priority, std::string focus) {
  if (is_only_a_test(step)) return {};
  if (focus.empty()) focus = "Communication/" + communication_id_of(step.row.id);
  return followup::raise(step.act, {"", "technical", std::string(priority), std::move(description), std::move(focus)})
      .map([](const auto&) {});
}

}  // namespace varde::messaging
