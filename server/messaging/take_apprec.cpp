// An AppRec finds its message by OriginalMsgId and sender. Final: a second one that says otherwise changes nothing.
#include <algorithm>

#include <fmt/format.h>

#include "norway/her_id.h"
#include "norway/moment.h"
#include "server/followup/followup.h"
#include "server/messaging/delivery.h"
#include "server/messaging/party.h"
#include "server/messaging/renewal.h"
#include "server/messaging/step.h"

namespace varde::messaging {
namespace {

/// The receiver, or one of the copy receivers, of what we sent.
bool is_from_receiver(const mappings::Party& party, const storage::OutboxRow& sent) {
  const auto& her_id = sent.receiver_her;
  for (const auto* ids : {&party.organisation_ids, &party.department_ids, &party.person_ids})
    for (const auto& id : *ids)
      if (id.type == "HER" && norway::plain_her_id(id.value) == norway::plain_her_id(her_id)) return true;
  const auto message = mappings::read_message(sent.bytes);
  return is_same_party(party, message.receiver) ||
         std::any_of(message.copy_receivers.begin(), message.copy_receivers.end(),
                     [&](const auto& copy) { return is_same_party(party, copy); });
}

Result<void> finish(Step& step, const storage::OutboxRow& sent, std::string detail) {
  storage::inbox::finish(step.act, step.row.id,
                         {storage::InboxState::processed, sent.communication_id, {}, {}, std::move(detail)});
  return {};
}

Result<void> finish_unmatched(Step& step, std::string words, std::string detail) {
  storage::inbox::finish(step.act, step.row.id, {storage::InboxState::refused, {}, {}, {}, std::move(detail)});
  auto tree = communication_of(step.message);
  set_state(tree.edit(), State::misaddressed, words);
  const auto saved = step.act.create(tree.edit());
  FHIR_TRY(saved);
  return tell(step, std::move(words), "routine", "Communication/" + saved->id);
}

Result<void> apply(Step& step, const storage::OutboxRow& sent, const mappings::AppRec& apprec) {
  const bool refused = apprec.status == mappings::AppRecStatus::refused;
  const auto errors = words_of(apprec.errors);
  storage::outbox::mark_answered(step.act, sent.id,
                                 refused ? storage::OutboxState::refused : storage::OutboxState::delivered,
                                 std::to_string(static_cast<int>(apprec.status)), errors);
  if (auto settled = settle_trouble(
          step.act, sent,
          refused ? "Mottakeren har svart: meldingen er avvist." : "Mottakeren har kvittert: meldingen er levert.");
      !settled)
    return settled;
  if (auto communication = step.act.tree(fhir::find_resource_type("Communication"), sent.communication_id)) {
    if (!is_out_of_force(communication->root()))
      set_state(communication->edit(), refused ? State::refused : State::delivered, errors);
    set_apprec(communication->edit(), apprec.status, apprec.errors);
    const auto saved = step.act.update(communication->edit(), sent.communication_id);
    FHIR_TRY(saved);
  }
  if (refused) {
    FHIR_TRY(put_back_in_force(step.act, sent));
    const auto told = followup::raise(
        step.act,
        {step.act.patient_id(sent.patient), "message-refused", "urgent",
         fmt::format(
             "Mottakeren har avvist meldingen {}: {}. Rett feilen og send på nytt, eller gi beskjed på annen måte.",
             sent.type, errors.empty() ? "uten begrunnelse" : errors),
         "Communication/" + sent.communication_id});
    FHIR_TRY(told);
  }
  return finish(step, sent, refused ? "refused" : "delivered");
}

}  // namespace

Result<void> take_apprec(Step& step) {
  const auto apprec = mappings::read_apprec(step.message);
  FHIR_TRY(apprec);
  const auto sent = storage::outbox::by_msg_id(step.act, same_case(apprec->original_id.text));
  if (!sent || sent->type == "APPREC")
    return finish_unmatched(step,
                            fmt::format("En applikasjonskvittering fra {} gjelder en melding vi ikke har sendt.",
                                        display_of(apprec->sender)),
                            "no such message");
  if (!is_from_receiver(apprec->sender, *sent))
    return finish_unmatched(
        step,
        fmt::format("En applikasjonskvittering fra {} gjelder en melding som ble sendt til en annen. "
                    "Den er ikke tatt i bruk.",
                    display_of(apprec->sender)),
        "wrong sender");
  if (sent->state != storage::OutboxState::delivered && sent->state != storage::OutboxState::refused)
    return apply(step, *sent, *apprec);

  const bool refused = apprec->status == mappings::AppRecStatus::refused;
  if (refused == (sent->state == storage::OutboxState::refused)) return finish(step, *sent, "answered before");
  if (auto communication = step.act.tree(fhir::find_resource_type("Communication"), sent->communication_id)) {
    add_note(communication->edit(),
             fmt::format("En senere applikasjonskvittering sa noe annet ({}). Den første gjelder.",
                         refused ? "avvist: " + words_of(apprec->errors) : "OK"),
             step.act.now());
    const auto saved = step.act.update(communication->edit(), sent->communication_id);
    FHIR_TRY(saved);
  }
  return tell(step,
              fmt::format(
                  "{} har sendt to applikasjonskvitteringer med ulik status på samme melding. Den første gjelder; "
                  "avklar med mottakeren.",
                  display_of(apprec->sender)),
              "urgent", "Communication/" + sent->communication_id)
      .and_then([&] { return finish(step, *sent, "conflict"); });
}

}  // namespace varde::messaging
