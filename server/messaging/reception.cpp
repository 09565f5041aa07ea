#include "server/messaging/reception.h"

#include <algorithm>
#include <new>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mappings/message.h"
#include "mappings/msghead/plausible.h"
#include "norway/identity_number.h"
#include "norway/moment.h"
#include "server/followup/followup.h"
#include "server/messaging/effect/effect.h"
#include "server/messaging/party.h"
#include "server/messaging/same_content.h"
#include "server/messaging/step.h"
#include "server/storage/messages/tests.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kNotes = 5;
constexpr std::string_view kAnotherContent = "another content than ";
constexpr std::string_view kRepeated = "Samme melding er mottatt på nytt og ignorert.";
constexpr std::string_view kReused =
    "En annen melding med samme MsgId er mottatt fra samme avsender. Den er ikke behandlet.";

bool has(const mappings::Message& message, Fault fault) {
  return std::any_of(message.failures.begin(), message.failures.end(),
                     [&](const Failure& each) { return each.fault == fault; });
}

bool has_note(fhir::Element communication, std::string_view text) {
  const auto notes = communication.each("note");
  return std::any_of(notes.begin(), notes.end(), [&](fhir::Element note) { return note["text"].value() == text; });
}

/// What has been erased of the first can be compared with nothing.
bool is_another_message(const Step& step, const storage::InboxRow& first) {
  const auto known = storage::inbox::get(step.act, first.id), now = storage::inbox::get(step.act, step.row.id);
  return known && now && !known->bytes.empty() && !is_same_content(known->bytes, now->bytes);
}

/// A duplicate is ignored and gets no second AppRec (HITS 1168:2016 §5.4, §5.5), and so is another message under a
/// MsgId that is used. But that one its sender believes to be received: a person is told, once.
Result<void> take_duplicate(Step& step, const storage::InboxRow& first) {
  const bool another = is_another_message(step, first);
  const auto told = communication_id_of(first.id);
  const auto detail = fmt::format("{}{}", another ? kAnotherContent : "first is ", first.id);
  storage::inbox::finish(step.act, step.row.id, {storage::InboxState::duplicate, told, {}, {}, detail});
  auto communication = step.act.tree(fhir::find_resource_type("Communication"), told);
  const auto note = another ? kReused : kRepeated;
  if (communication && another && has_note(communication->root(), note)) return {};
  // A sender that repeats for ever fills no disk. Without a story the first is still waiting its turn.
  if (communication && (another || communication->root().count("note") < kNotes)) {
    add_note(communication->edit(), note, step.act.now());
    const auto saved = step.act.update(communication->edit(), told);
    FHIR_TRY(saved);
  }
  if (!another) return {};
  return tell(
      step,
      fmt::format("Melding {} fra {} har samme MsgId som en tidligere melding (nr. {} i meldingsloggen), men annet "
                  "innhold. Den er ikke behandlet og får ingen applikasjonskvittering. Be avsenderen sende den "
                  "på nytt med egen MsgId (nr. {}).",
                  step.message.type, display_of(step.message.sender), first.id, step.row.id),
      "urgent", "Communication/" + told);
}

Result<void> take_unreadable(Step& step) {
  return finish_without_content(step, storage::InboxState::unreadable, State::unreadable, "").and_then([&] {
    return tell(step,
                "En mottatt melding kan ikke leses, og avsenderen kan derfor ikke få svar. Se den rå meldingen i "
                "meldingsloggen (nr. " +
                    std::to_string(step.row.id) + ").");
  });
}

Result<void> take_misaddressed(Step& step) {
  const auto receiver = her_id_of(step.message.receiver);
  return finish_without_content(step, storage::InboxState::refused, State::misaddressed, "HER-id " + receiver)
      .and_then([&] {
        return tell(
            step,
            fmt::format("Melding {} fra {} er adressert til HER-id {}, ikke til oss ({}). Den er ikke behandlet, og "
                        "avsenderen får ingen applikasjonskvittering (HITS 1168 punkt 5.3).",
                        step.message.type, display_of(step.message.sender), receiver.empty() ? "(mangler)" : receiver,
                        fmt::join(step.settings.our_her_ids, ", ")));
      });
}

/// Ours, as far as we can know: one of our communication parties, or the text breaks off before it says to whom it is.
bool is_ours(const Step& step) {
  const auto& message = step.message;
  const auto& receiver = message.receiver;
  if (step.settings.addressing == Addressing::anybody) return true;
  if (!message.well_formed && receiver.organisation_ids.empty() && receiver.department_ids.empty() &&
      receiver.person_ids.empty())
    return true;
  const auto& ours = step.settings.our_her_ids;
  return std::any_of(ours.begin(), ours.end(), [&](const auto& her_id) { return is_addressed_to(message, her_id); });
}

/// To our organisation, but to a service that is none of ours.
bool is_for_unknown_service(const Step& step) {
  return step.settings.unknown_service == UnknownService::refuse && !step.settings.our_organisation_her_id.empty() &&
         is_addressed_to(step.message, step.settings.our_organisation_her_id);
}

Result<void> refuse_unknown_service(Step& step) {
  return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "",
                                {{"E21", "Mottaker finnes ikke",
                                  "Tjenesten med HER-id " + her_id_of(step.message.receiver) +
                                      " finnes ikke hos mottakeren | There is no service with that HER-id here"}});
}

/// S01, S02 or S03 (HIS 80415:2012 §3.3.4): it was changed on its way, or nobody here trusts who signed it. It may not
/// use up the MsgId of the true one, which may still come.
Result<void> refuse_signature(Step& step) {
  const auto& found = *step.signature;
  storage::inbox::is_no_first(step.act, step.row.id);
  return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "",
                                {{found.error, std::string(mappings::apprec_error_name(found.error)),
                                  found.words + ": /MsgHead/Signature | " + found.reason}});
}

bool is_about_nobody(const Step& step) {
  return step.settings.synthetic_numbers == SyntheticNumbers::refuse && step.message.patient &&
         std::ranges::any_of(step.message.patient->ids,
                             [](const mappings::Identifier& id) { return norway::is_synthetic(id.value); });
}

Result<void> refuse_synthetic(Step& step) {
  return finish_without_content(
      step, storage::InboxState::refused, State::refused_by_us, "",
      {{"E31", std::string(mappings::apprec_error_name("E31")),
        "Pasientens nummer er syntetisk, og her er det bare virkelige pasienter: /MsgHead/MsgInfo/Patient/Ident | The "
        "patient's number is synthetic; this service has real patients only."}});
}

Result<void> refuse(Step& step) {
  return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "");
}

/// The first message with this sender and MsgId, when this is not it. A MsgId that is none (E10) tells nothing apart.
/// Tests are told apart from tests alone: they use up no MsgId, and none that is used is theirs.
std::optional<storage::InboxRow> first_of(Step& step) {
  const auto& message = step.message;
  const bool has_id = !message.id.text.empty() && !has(message, Fault::message_id_malformed);
  const auto identify = is_only_a_test(step) ? storage::inbox::identify_test : storage::inbox::identify;
  return identify(step.act, step.row.id, sender_key(message.sender), has_id ? same_case(message.id.text) : "",
                  message.type);
}

/// An AppRec has no story of its own, and a test has no message of ours that it could be about.
Result<void> take_test_apprec(Step& step) {
  storage::inbox::finish(step.act, step.row.id, {storage::InboxState::test, {}, {}, {}, "test"});
  return {};
}

/// The steps of HITS 1168 figure 1. `bundle` is absent when the message is not acceptable or is an AppRec.
Result<void> take(Step& step, BundleWriter* bundle) {
  const auto& message = step.message;
  if (const auto first = first_of(step)) return take_duplicate(step, *first);
  if (message.type == "APPREC" && is_only_a_test(step)) return take_test_apprec(step);
  if (message.type == "APPREC") return mappings::read_apprec(message) ? take_apprec(step) : take_unreadable(step);
  if (!message.acceptable() && !mappings::answer(message, "", "")) return take_unreadable(step);
  if (has(message, Fault::misaddressed)) return take_misaddressed(step);
  if (!is_ours(step)) return is_for_unknown_service(step) ? refuse_unknown_service(step) : take_misaddressed(step);
  if (step.signature && !step.signature->holds()) return refuse_signature(step);
  if (!message.acceptable() || !bundle) return refuse(step);
  if (const auto why = mappings::implausible(message, step.row.received))
    return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "", {*why});
  if (is_about_nobody(step)) return refuse_synthetic(step);
  return take_message(step, *bundle);
}

/// An AppRec has no story of its own: it is part of its message's.
std::string answered_communication(const interaction::View& view, const mappings::Message& message) {
  const auto apprec = mappings::read_apprec(message);
  const auto sent = apprec ? storage::outbox::by_msg_id(view, same_case(apprec->original_id.text)) : std::nullopt;
  return sent ? sent->communication_id : std::string{};
}

}  // namespace

bool has_used_id(const storage::InboxRow& row) {
  return row.state == storage::InboxState::duplicate && row.detail.starts_with(kAnotherContent);
}

std::string communication_id_of(std::int64_t inbox_id) { return fmt::format("message-{}", inbox_id); }

/// Of what may be taken; what is refused for something else says that.
std::optional<mappings::signature::Verdict> Reception::signature_of(const mappings::Message& message,
                                                                    const storage::InboxRow& row) const {
  if (!settings_.signature_anchors || !message.acceptable() || !message.is_signed()) return std::nullopt;
  return mappings::signature::verify(row.bytes, *settings_.signature_anchors, row.received);
}

/// nullopt: our own failure. The worker will meet it again, and tell.
std::optional<mappings::Message> Reception::read(std::string_view bytes) {
  try {
    return mappings::read_message(bytes, {settings_.largest_message});
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    settings_.log(fmt::format("a message could not be read: {}", error.what()));
    return std::nullopt;
  }
}

Result<Receipt> Reception::register_row(interaction::Act& act, const storage::InboxRow& row,
                                        mappings::Message& message) {
  Receipt receipt{same_case(message.id.text),  message.type, false,
                  communication_id_of(row.id), row.id,       message.well_formed};
  if (!message.well_formed && !message.failures.empty()) receipt.reason = message.failures[0].diagnostics;
  const std::optional<mappings::signature::Verdict> unchecked;
  Step step{act, settings_, row, message, unchecked};
  if (message.type == "APPREC") receipt.communication_id = answered_communication(act, message);
  const auto first = first_of(step);
  if (!first) return receipt;
  receipt.duplicate = true;
  receipt.communication_id = communication_id_of(first->id);
  FHIR_TRY(take_duplicate(step, *first));
  return receipt;
}

Result<Receipt> Reception::store(const adapters::Incoming& incoming) {
  auto message = read(incoming.bytes);
  const auto add = [&](interaction::Act& act, bool registered) -> Result<Receipt> {
    storage::InboxRow row;
    row.id = storage::inbox::add(act, incoming.source, incoming.bytes);
    row.received = act.now(), row.source = incoming.source;
    if (!registered) return Receipt{{}, {}, false, communication_id_of(row.id), row.id, true};
    auto receipt = register_row(act, row, *message);
    FHIR_TRY(receipt);
    // Before the commit, so that the worker, who sees the row after it, finds the message here.
    if (!receipt->duplicate && !message->looks_at_bytes) parsed_.keep(row.id, incoming.bytes, std::move(*message));
    return receipt;
  };
  if (message) try {
      auto stored = repository_.write([&](interaction::Act& act) { return add(act, true); });
      if (stored || stored.error().fault == Fault::busy) return stored;
      settings_.log(fmt::format("a message is stored without its envelope: {}", row_of(stored.error().fault).name));
    } catch (const storage::EngineError&) {
      throw;
    } catch (const std::logic_error& error) {
      settings_.log(fmt::format("a message is stored without its envelope: {}", error.what()));
    }
  return repository_.write([&](interaction::Act& act) { return add(act, false); });
}

Considered Reception::consider(storage::InboxRow row) {
  auto kept = parsed_.take(row.id, row.bytes);
  Considered out{{}, kept ? std::move(*kept) : mappings::read_message(row.bytes, {settings_.largest_message}), {}, {}};
  auto& message = out.message;
  if (message.acceptable() && message.type != "APPREC") {
    if (!has_effect(message.type)) {
      message.failures.push_back({Fault::message_unsupported, "message type " + message.type + " has no effect here"});
    } else if (auto mapped = mappings::to_fhir(message, row.bytes)) {
      out.bundle.emplace(std::move(*mapped));
    } else {
      message.failures.push_back(mapped.error());
    }
  }
  out.signature = signature_of(message, row);
  std::string().swap(row.bytes);  // an assignment would keep the room
  out.row = std::move(row);
  return out;
}

Result<void> Reception::take(interaction::Act& act, Considered& message) {
  if (storage::inbox::state(act, message.row.id) != storage::InboxState::received) return {};  // somebody was faster
  Step step{act, settings_, message.row, message.message, message.signature};
  return messaging::take(step, message.bundle ? &*message.bundle : nullptr);
}

Result<void> Reception::refuse(interaction::Act& act, Considered& message, const Failure& why) {
  if (storage::inbox::state(act, message.row.id) != storage::InboxState::received) return {};
  message.message.failures.push_back(why);
  Step step{act, settings_, message.row, message.message, message.signature};
  return messaging::take(step, nullptr).and_then([&] {
    return tell(step, fmt::format("Melding {} fra {} er avvist fordi innholdet ikke lot seg lagre ({}).",
                                  step.message.type, display_of(step.message.sender), row_of(why.fault).name));
  });
}

Result<void> Reception::give_up(const storage::InboxRow& row) {
  auto message = mappings::read_message(row.bytes, {settings_.largest_message});
  message.failures.push_back({Fault::internal, "the receiving system failed"});
  return repository_.write([&](interaction::Act& act) -> Result<void> {
    const std::optional<mappings::signature::Verdict> unchecked;
    Step step{act, settings_, row, message, unchecked};
    return messaging::take(step, nullptr).and_then([&] {
      return tell(
          step,
          fmt::format("En mottatt melding (nr. {} i meldingsloggen) kunne ikke behandles på grunn av en feil hos oss.",
                      row.id),
          "urgent");
    });
  });
}

}  // namespace varde::messaging
