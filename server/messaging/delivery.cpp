#include "server/messaging/delivery.h"

#include <algorithm>
#include <charconv>
#include <new>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"
#include "server/messaging/renewal.h"
#include "server/storage/routes.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kReceivers = 100;
constexpr int kInARow = 20;  // to one receiver, before the others have their turn
constexpr std::int64_t kAttemptsBeforeTelling = 5;

std::string trouble_with(const storage::OutboxRow& row) { return fmt::format("message:{}:", row.id); }
std::string trouble_with(const Route& route) { return "route:" + route.name; }

Result<void> raise(interaction::Act& act, const storage::OutboxRow& row, const char* code, std::string description) {
  return followup::raise_once(
      act, row.patient, trouble_with(row) + code,
      {row.patient == storage::PatientKey::none ? "" : act.patient_id(row.patient), code, "urgent",
       std::move(description), row.communication_id.empty() ? "" : "Communication/" + row.communication_id});
}

bool awaits_apprec(const storage::OutboxRow& row) { return row.type != "APPREC" && row.type != kJournalDocument; }

}  // namespace

std::chrono::microseconds back_off(const Route& route, std::int64_t attempt, double random) {
  double pause = static_cast<double>(std::chrono::microseconds(route.first_retry).count());
  const double longest = static_cast<double>(std::chrono::microseconds(route.longest_retry).count());
  for (std::int64_t i = 1; i < attempt && pause < longest; ++i) pause *= 2;
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(pause, longest) * (0.8 + 0.4 * random)));
}

std::string words_of_copy(const storage::OutboxRow& row, std::string_view what) {
  return fmt::format("Kopimottaker med HER-id {}: {}", row.receiver_her, what);
}

Result<void> tell_story(interaction::Act& act, const storage::OutboxRow& row, State state) {
  const auto& id = row.communication_id;
  if (row.copy_of != 0 && state == State::sent) return {};
  auto communication = id.empty() ? std::nullopt : act.tree(fhir::find_resource_type("Communication"), id);
  if (!communication || is_out_of_force(communication->root())) return {};
  if (row.copy_of == 0)
    set_state(communication->edit(), state);
  else
    add_note(communication->edit(), words_of_copy(row, messaging::row_of(state).text), act.now());
  return act.update(communication->edit(), id).map([](const auto&) {});
}

Result<void> settle_trouble(interaction::Act& act, const storage::OutboxRow& row, std::string_view what_happened) {
  for (const auto& open : storage::open_alert::beginning(act, row.patient, trouble_with(row)))
    FHIR_TRY(followup::settle(act, row.patient, open.subject, "completed", what_happened));
  return {};
}

Result<void> miss_deadline(interaction::Act& act, const Settings& settings, const storage::DueRow& due) {
  storage::due::remove(act, due.kind, due.patient, due.subject);
  std::int64_t id = 0;
  std::from_chars(due.subject.data(), due.subject.data() + due.subject.size(), id);
  const auto row = storage::outbox::get(act, id);
  if (!row) return {};
  if (row->state == storage::OutboxState::queued)
    return raise(
        act, *row, "message-overdue",
        fmt::format("Meldingen {} er ikke kommet av gårde innen fristen. Gi beskjed på annen måte.", row->type));
  if (row->state != storage::OutboxState::sent) return {};
  storage::outbox::mark_overdue(act, id);
  FHIR_TRY(tell_story(act, *row, State::overdue));
  return raise(act, *row, "message-overdue",
               fmt::format("Ingen applikasjonskvittering på meldingen {} innen {} timer. Regn den som ikke mottatt: "
                           "ta kontakt med mottakeren.",
                           row->type, settings.apprec_deadline.count()));
}

Result<void> reroute_what_waits(interaction::Act& act, const std::vector<Route>& routes) {
  for (const auto& name : storage::outbox::routes_waiting(act)) {
    if (find_route(routes, name)) continue;
    for (;;) {
      const auto receivers = storage::outbox::receivers_waiting(act, name, kReceivers);
      if (receivers.empty()) break;
      for (const auto& receiver : receivers)
        storage::outbox::reroute(act, name, receiver, route_to(routes, receiver).name);
    }
  }
  return {};
}

std::size_t Delivery::send_what_waits() {
  std::size_t taken = 0;
  for (std::optional<std::string> after; is_ours();) {
    const auto receivers = repository_.read([&](const interaction::View& view) {
      return storage::outbox::receivers_waiting(view, route_.name, kReceivers, after);
    });
    if (receivers.empty()) return taken;
    for (const auto& receiver : receivers) taken += send_to(receiver);
    after = receivers.back();
  }
  return taken;
}

bool Delivery::is_ours() const { return repository_.hold("route/" + route_.name); }

std::size_t Delivery::send_to(const std::string& receiver_her) {
  std::size_t taken = 0;
  for (int n = 0; n < kInARow && is_ours(); ++n) {
    auto row = repository_.read([&](const interaction::View& view) {
      if (storage::outbox::paused_until(view, route_.name, receiver_her)) return std::optional<storage::OutboxRow>{};
      return storage::outbox::next_to(view, route_.name, receiver_her);
    });
    if (!row) break;
    const auto tried = attempt(std::move(*row));
    taken += tried.sent.has_value();
    const auto recorded = repository_.write([&](interaction::Act& act) { return record(act, tried); });
    if (!recorded)
      settings_.log(
          fmt::format("outbox {}: cannot be recorded, {}", tried.row.id, row_of(recorded.error().fault).name));
    if (!recorded || tried.is_put_off()) break;
  }
  return taken;
}

Delivery::Attempt Delivery::attempt(storage::OutboxRow row) {
  const auto send = [&]() -> Result<adapters::TransportReceipt> {
    try {
      return route_.sender->send({row.bytes, row.msg_id, row.receiver_her, row.type, row.copy_of != 0});
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {  // a transport that breaks is one that does not answer
      return fail(Fault::busy, error.what());
    }
  };
  auto sent = send();
  return {std::move(row), std::move(sent)};
}

Result<void> Delivery::record(interaction::Act& act, const Attempt& attempt) {
  const auto row = storage::outbox::get(act, attempt.row.id);
  if (!row || row->state != storage::OutboxState::queued) return {};  // answered, or stopped, meanwhile
  if (attempt.sent) return record_taken(act, *row, attempt.sent->text);
  return attempt.is_put_off() ? retry_later(act, *row, attempt.sent.error()) : give_up(act, *row, attempt.sent.error());
}

Result<void> Delivery::record_taken(interaction::Act& act, const storage::OutboxRow& row, std::string_view receipt) {
  if (const auto before = storage::routes::recovered(act, route_.name); before.count >= kAttemptsBeforeTelling)
    FHIR_TRY(tell_route_recovered(act, before.since));
  FHIR_TRY(settle_trouble(act, row, "Meldingen er sendt."));
  if (route_.pace.count() > 0) storage::outbox::pause(act, route_.name, row.receiver_her, act.now() + route_.pace);
  if (!awaits_apprec(row)) {
    storage::outbox::mark_sent(act, row.id, std::nullopt, receipt);
    return row.type == "APPREC" ? Result<void>{} : tell_story(act, row, State::delivered);
  }
  // HITS 1168 §9.1: counted from GenDate, which is when the row was made; from now for what is sent after that.
  const auto deadline = row.created + settings_.apprec_deadline;
  storage::outbox::mark_sent(act, row.id, deadline > act.now() ? deadline : act.now() + settings_.apprec_deadline,
                             receipt);
  return tell_story(act, row, State::sent);
}

Result<void> Delivery::retry_later(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure) {
  const auto attempt = row.attempts + 1;
  const auto next = act.now() + back_off(route_, attempt, settings_.random());
  storage::outbox::mark_retry(act, row.id, next, failure.diagnostics);
  settings_.log(fmt::format("outbox {}: attempt {} by {} failed, next at {}: {}", row.id, attempt, route_.name,
                            interaction::fhir_instant(next), failure.diagnostics));
  const auto failures = storage::routes::failed(act, route_.name).count;
  if (failures == kAttemptsBeforeTelling) return tell_route_failed(act);
  if (failures > kAttemptsBeforeTelling || attempt != kAttemptsBeforeTelling) return {};
  return raise(
      act, row, "technical",
      fmt::format("Meldingen {} er forsøkt sendt {} ganger uten å lykkes. Forsøkene fortsetter; er det viktig, ring.",
                  row.type, attempt));
}

Result<void> Delivery::give_up(interaction::Act& act, const storage::OutboxRow& row, const Failure& failure) {
  storage::outbox::mark_failed(act, row.id, failure.diagnostics);
  settings_.log(fmt::format("outbox {}: given up, {}", row.id, failure.diagnostics));
  FHIR_TRY(tell_story(act, row, State::failed));
  return raise(act, row, "technical",
               fmt::format("Meldingen {} kan ikke sendes ({}). Gi beskjed på annen måte.", row.type,
                           row_of(failure.fault).name));
}

Result<void> Delivery::tell_route_failed(interaction::Act& act) const {
  settings_.log(fmt::format("route {}: fails", route_.name));
  return followup::raise_once(
      act, storage::PatientKey::none, trouble_with(route_),
      {"", "technical", "urgent",
       fmt::format("Meldinger kommer ikke av gårde på ruten {}: {} forsøk på rad har feilet. Forsøkene fortsetter; er "
                   "det viktig, ring.",
                   route_.name, kAttemptsBeforeTelling),
       ""});
}

Result<void> Delivery::tell_route_recovered(interaction::Act& act, storage::Instant since) const {
  settings_.log(fmt::format("route {}: works again", route_.name));
  FHIR_TRY(followup::settle(act, storage::PatientKey::none, trouble_with(route_), "completed", "Ruten virker igjen."));
  return followup::raise(act, {"", "technical", "routine",
                               fmt::format("Ruten {} virker igjen. Den feilet fra {}; det som ventet, sendes nå.",
                                           route_.name, norway::oslo_words(since)),
                               ""})
      .map([](const auto&) {});
}

}  // namespace varde::messaging
