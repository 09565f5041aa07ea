#include "server/messaging/delivery.h"

#include <algorithm>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kBatch = 100;
constexpr std::int64_t kAttemptsBeforeTelling = 5;

std::string trouble_with(const storage::OutboxRow& row) { return fmt::format("message:{}:", row.id); }

Result<void> raise(interaction::Act& act, const storage::OutboxRow& row, const char* code, std::string description) {
  return followup::raise_once(
      act, row.patient, trouble_with(row) + code,
      {row.patient == storage::PatientKey::none ? "" : act.patient_id(row.patient), code, "urgent",
       std::move(description), row.communication_id.empty() ? "" : "Communication/" + row.communication_id});
}

bool awaits_apprec(const storage::OutboxRow& row) { return row.type != "APPREC"; }

}  // namespace

std::chrono::microseconds back_off(const Settings& settings, std::int64_t attempt, double random) {
  double pause = static_cast<double>(std::chrono::microseconds(settings.first_retry).count());
  const double longest = static_cast<double>(std::chrono::microseconds(settings.longest_retry).count());
  for (std::int64_t i = 1; i < attempt && pause < longest; ++i) pause *= 2;
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(pause, longest) * (0.8 + 0.4 * random)));
}

Result<void> tell_story(interaction::Act& act, const std::string& communication_id, State state, std::string_view why) {
  auto communication =
      communication_id.empty() ? std::nullopt : act.tree(fhir::find_resource_type("Communication"), communication_id);
  if (!communication) return {};
  set_state(communication->edit(), state, why);
  const auto saved = act.update(communication->edit(), communication_id);
  FHIR_TRY(saved);
  return {};
}

Result<void> settle_trouble(interaction::Act& act, const storage::OutboxRow& row, std::string_view what_happened) {
  for (const auto& open : storage::open_alert::beginning(act, row.patient, trouble_with(row)))
    if (auto settled = followup::settle(act, row.patient, open.subject, "completed", what_happened); !settled)
      return settled;
  return {};
}

std::size_t Delivery::send_due() {
  const auto due = repository_.read(
      [&](const interaction::View& view) { return storage::outbox::due(view, repository_.now(), kBatch); });
  std::size_t taken = 0;
  for (const auto& row : due) {
    // One at a time: a message that the transport or we ourselves choke on holds up no other.
    const Attempt attempt{row, sender_.send({row.bytes, row.msg_id, row.receiver_her, row.type})};
    taken += attempt.sent.has_value();
    const auto recorded = repository_.write([&](interaction::Act& act) { return record(act, attempt); });
    if (!recorded)
      settings_.log(fmt::format("outbox {}: cannot be recorded, {}", row.id, row_of(recorded.error().fault).name));
  }
  return taken;
}

Result<void> Delivery::record(interaction::Act& act, const Attempt& attempt) {
  const auto row = storage::outbox::get(act, attempt.row.id);
  if (!row || row->state != storage::OutboxState::queued) return {};  // answered, or stopped, meanwhile
  if (!attempt.sent)
    return attempt.sent.error().fault == Fault::busy ? retry_later(act, *row, attempt.sent.error())
                                                     : give_up(act, *row, attempt.sent.error());
  if (auto settled = settle_trouble(act, *row, "Meldingen er sendt."); !settled) return settled;
  if (!awaits_apprec(*row)) {
    storage::outbox::mark_sent(act, row->id, std::nullopt);
    return {};
  }
  // HITS 1168 §9.1: counted from GenDate, which is when the row was made; from now for what is sent after that.
  const auto deadline = row->created + settings_.apprec_deadline;
  storage::outbox::mark_sent(act, row->id, deadline > act.now() ? deadline : act.now() + settings_.apprec_deadline);
  return tell_story(act, row->communication_id, State::sent);
}

Result<void> Delivery::retry_later(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure) {
  const auto attempt = row.attempts + 1;
  const auto next = act.now() + back_off(settings_, attempt, settings_.random());
  storage::outbox::mark_retry(act, row.id, next, failure.diagnostics);
  settings_.log(fmt::format("outbox {}: attempt {} failed, next at {}: {}", row.id, attempt,
                            interaction::fhir_instant(next), failure.diagnostics));
  if (attempt == kAttemptsBeforeTelling)
    return raise(
        act, row, "technical",
        fmt::format("Meldingen {} er forsøkt sendt {} ganger uten å lykkes. Forsøkene fortsetter; er det viktig, ring.",
                    row.type, attempt));
  const auto deadline = row.created + settings_.apprec_deadline;
  const bool passes_deadline =
      awaits_apprec(row) && row.next_attempt.value_or(row.created) < deadline && next >= deadline;
  if (!passes_deadline) return {};
  return raise(act, row, "message-overdue",
               fmt::format("Meldingen {} er ikke kommet av gårde innen fristen. Gi beskjed på annen måte.", row.type));
}

Result<void> Delivery::give_up(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure) {
  storage::outbox::mark_failed(act, row.id, failure.diagnostics);
  settings_.log(fmt::format("outbox {}: given up, {}", row.id, failure.diagnostics));
  return tell_story(act, row.communication_id, State::failed).and_then([&] {
    return raise(act, row, "technical",
                 fmt::format("Meldingen {} kan ikke sendes ({}). Gi beskjed på annen måte.", row.type,
                             row_of(failure.fault).name));
  });
}

void Delivery::watch_clock() {
  const auto by = clock_.look();
  if (!by) return;
  const auto minutes = std::chrono::abs(std::chrono::round<std::chrono::minutes>(*by)).count();
  const bool back = by->count() < 0;
  settings_.log(fmt::format("the clock was set {} minutes {}", minutes, back ? "back" : "forward"));
  const auto recorded = repository_.write([&](interaction::Act& act) -> Result<void> {
    // Set back, the store's own time runs on; set forward, it follows, and what is due moves along.
    if (!back) storage::outbox::postpone(act, *by);
    return followup::raise(
               act, {"", "technical", "urgent",
                     fmt::format(
                         "Klokken på tjeneren er stilt {} minutter {}. Kontroller tidspunktene på målinger, varsler og "
                         "meldinger fra tiden omkring.",
                         minutes, back ? "tilbake" : "fram"),
                     ""})
        .map([](const auto&) {});
  });
  if (!recorded) settings_.log(fmt::format("the clock was set: not recorded, {}", row_of(recorded.error().fault).name));
}

std::size_t Delivery::watch_deadlines() {
  const auto late = repository_.read(
      [&](const interaction::View& view) { return storage::outbox::overdue(view, repository_.now(), kBatch); });
  std::size_t marked = 0;
  for (const auto& each : late) {
    const auto recorded = repository_.write([&](interaction::Act& act) -> Result<void> {
      const auto row = storage::outbox::get(act, each.id);
      if (!row || row->state != storage::OutboxState::sent) return {};
      storage::outbox::mark_overdue(act, row->id);
      return tell_story(act, row->communication_id, State::overdue).and_then([&] {
        return raise(
            act, *row, "message-overdue",
            fmt::format("Ingen applikasjonskvittering på meldingen {} innen {} timer. Regn den som ikke mottatt: "
                        "ta kontakt med mottakeren.",
                        row->type, settings_.apprec_deadline.count()));
      });
    });
    if (!recorded)
      settings_.log(fmt::format("outbox {}: overdue, not recorded, {}", each.id, row_of(recorded.error().fault).name));
    marked += recorded.has_value();
  }
  return marked;
}

}  // namespace varde::messaging
