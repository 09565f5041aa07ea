// An AppRec finds its message by OriginalMsgId and sender. Final: a second one that says otherwise changes nothing.
#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/followup.h"
#include "server/messaging/delivery.h"
#include "server/messaging/party.h"
#include "server/messaging/queue.h"
#include "server/messaging/renewal.h"
#include "server/messaging/step.h"

namespace varde::messaging {
namespace {

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
    if (sent.copy_of != 0)
      add_note(communication->edit(), words_of_copy(sent, refused ? "avvist: " + errors : "levert"), step.act.now());
    else if (!is_out_of_force(communication->root()))
      set_state(communication->edit(), refused ? State::refused : State::delivered, errors);
    if (sent.copy_of == 0) set_apprec(communication->edit(), apprec.status, apprec.errors);
    const auto saved = step.act.update(communication->edit(), sent.communication_id);
    FHIR_TRY(saved);
  }
  if (refused) {
    if (sent.copy_of == 0) FHIR_TRY(put_back_in_force(step.act, sent));
    const auto told = followup::raise(
        step.act,
        {step.act.patient_id(sent.patient), "message-refused", "urgent",
         fmt::format("{} har avvist meldingen {}: {}. Rett feilen og send på nytt, eller gi beskjed på annen måte.",
                     sent.copy_of == 0 ? "Mottakeren" : "Kopimottakeren med HER-id " + sent.receiver_her, sent.type,
                     errors.empty() ? "uten begrunnelse" : errors),
         "Communication/" + sent.communication_id});
    FHIR_TRY(told);
  }
  return finish(step, sent, refused ? "refused" : "delivered");
}

}  // namespace

Result<void> take_apprec(Step& step) {
  const auto apprec = mappings::read_apprec(step.message);
  FHIR_TRY(apprec);
  const auto original = storage::outbox::by_msg_id(step.act, same_case(apprec->original_id.text));
  if (!original || original->type == "APPREC")
    return finish_unmatched(step,
                            fmt::format("En applikasjonskvittering fra {} gjelder en melding vi ikke har sendt.",
                                        display_of(apprec->sender)),
                            "no such message");
  const auto sent = sent_to(step.act, *original, apprec->sender);
  if (!sent)
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
