#include "server/messaging/messaging.h"
#include "server/messaging/operator.h"

#include <algorithm>
#include <new>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>

#include <fmt/format.h>

#include "mappings/message.h"
#include "server/messaging/clock_watch.h"
#include "server/messaging/delivery.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/figures.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/letter/letters.h"
#include "server/messaging/link.h"
#include "server/messaging/processing.h"
#include "server/messaging/reception.h"
#include "server/messaging/renewal.h"
#include "server/messaging/sending.h"
#include "server/messaging/signal.h"
#include "server/messaging/summary.h"
#include "server/storage/messages.h"

namespace varde::messaging {
namespace {

using namespace std::chrono_literals;

/// A type is written by the sender, who may write a person's number there: into the log only types that we know.
std::string_view loggable(std::string_view type) {
  return type == "APPREC" || mappings::find_message_type(type) ? type : "unknown type";
}

std::function<double()> own_random() {
  return [engine = std::mt19937_64{std::random_device{}()}]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

/// As a debugger and `top -H` show it; the system keeps fifteen letters.
void name_thread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str()); }

/// A way out and its worker's signal.
struct Exit {
  Exit(const interaction::Repository& repository, const Route& route, const Settings& settings)
      : delivery(repository, route, settings) {}
  Delivery delivery;
  Signal something_waits;
};

}  // namespace

struct Messaging::Impl {
  Impl(interaction::Repository given_repository, clock::Clock& given_clock, followup::FollowUp& fu, Settings given)
      : repository(std::move(given_repository)),
        clock(given_clock),
        followup(fu),
        settings(complete(std::move(given))),
        reception(repository, settings),
        set_clock(repository, settings),
        processing(
            repository, reception, [this] { processed.give(), something_waits(); }, settings.log) {
    check(settings.routes);
    for (const auto& route : settings.routes) exits.push_back(std::make_unique<Exit>(repository, route, settings));
  }

  static Settings complete(Settings settings) {
    if (!settings.random) settings.random = own_random();
    if (!settings.log) settings.log = [](std::string_view) {};
    return settings;
  }

  template <class Step>
  void guarded(const char* worker, Step&& step) {
    try {
      try {
        step();
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception& error) {
        settings.log(fmt::format("{} worker: {}", worker, error.what()));
      } catch (...) {  // Xerces throws classes of its own
        settings.log("a worker met an unknown exception");
      }
    } catch (const std::bad_alloc&) {
      // No memory to say so with; the next round tries again.
    }
  }

  void receive(std::stop_token stop) {
    name_thread("inbox");
    // At the start, what was left behind by whomever.
    auto whose = Processing::Whose::everybodys;
    while (!stop.stop_requested()) {
      const auto seen = incoming.count();
      std::size_t done = 0;
      guarded("inbox", [&] { done = processing.round(whose, stop); });
      if (repository.is_shared()) whose = Processing::Whose::ours;
      if (done == 0) incoming.wait(stop, seen, 1s);
    }
  }

  void reroute_what_waits() {
    const auto done =
        repository.write([&](interaction::Act& act) { return messaging::reroute_what_waits(act, settings.routes); });
    if (!done) settings.log("the outbox could not be rerouted");
  }

  void something_waits() {
    for (const auto& exit : exits) exit->something_waits.give();
  }

  std::size_t send_what_waits() {
    std::size_t taken = 0;
    for (const auto& exit : exits) taken += exit->delivery.send_what_waits();
    return taken;
  }

  void deliver(std::stop_token stop, Exit& exit) {
    name_thread("out " + exit.delivery.route().name);
    while (!stop.stop_requested()) {
      const auto seen = exit.something_waits.count();
      std::size_t done = 0;
      guarded("outbox", [&] { done = exit.delivery.send_what_waits(); });
      // A message written inside somebody else's transaction signals before it is there: hence the short sleep.
      if (done == 0) exit.something_waits.wait(stop, seen, 200ms);
    }
  }

  void poll(std::stop_token stop, Messaging& owner, adapters::Receiver& receiver, std::chrono::milliseconds every) {
    name_thread("receiver");
    Signal never;
    while (!stop.stop_requested()) {
      guarded("receiver", [&] {
        receiver.poll([&](const adapters::Incoming& message) {
          const auto accepted = owner.accept(message);
          if (!accepted) settings.log(fmt::format("receiver: not accepted, {}", row_of(accepted.error().fault).name));
          return accepted.has_value() && !stop.stop_requested();
        });
      });
      never.wait(stop, 0, every);
    }
  }

  struct Source {
    adapters::Receiver& receiver;
    std::chrono::milliseconds every;
  };

  /// Occasions to write a letter, noticed in the transaction that they happen in.
  struct Noticing final : interaction::Effect {
    explicit Noticing(const Settings& given) : settings(given) {}
    Result<void> before(interaction::Act&, fhir::Editor resource, const interaction::Pending&) override {
      return resource.type_name() == "EpisodeOfCare" ? letter::check(resource) : Result<void>{};
    }
    Result<void> after(interaction::Act& act, const interaction::Stored& stored) override {
      return letter::notice(act, settings, stored);
    }
    const Settings& settings;
  };

  const interaction::Repository repository;
  clock::Clock& clock;
  followup::FollowUp& followup;
  const Settings settings;
  Noticing noticing{settings};
  Reception reception;
  SetClock set_clock;
  std::vector<std::unique_ptr<Exit>> exits;
  Signal incoming, processed;
  Processing processing;
  std::vector<Source> sources;
  std::vector<std::jthread> workers;
};

Messaging::Messaging(interaction::Repository repository, clock::Clock& clock, followup::FollowUp& followup,
                     Settings settings)
    : impl_(std::make_unique<Impl>(std::move(repository), clock, followup, std::move(settings))) {
  clock.prepare(storage::DueKind::summary,
                [impl = impl_.get()](const interaction::View& view, const storage::DueRow& row) {
                  return prepare_summary(view, impl->settings, row.patient);
                });
  clock.prepare(storage::DueKind::correction,
                [impl = impl_.get()](const interaction::View& view, const storage::DueRow& row) {
                  return prepare_correction(view, impl->settings, row.patient);
                });
  clock.prepare(storage::DueKind::letter,
                [impl = impl_.get()](const interaction::View& view, const storage::DueRow& row) {
                  return letter::prepare(view, impl->settings, row);
                });
  clock.on(storage::DueKind::stay, begin_stay);
  // A deadline must not pass because somebody has set the clock.
  clock.each_round([impl = impl_.get()] { impl->guarded("clock", [&] { impl->set_clock.watch(); }); });
  clock.on(storage::DueKind::apprec, [impl = impl_.get()](interaction::Act& act, const storage::DueRow& row) {
    return miss_deadline(act, impl->settings, row);
  });
  clock.on(storage::DueKind::retry, [impl = impl_.get()](interaction::Act& act, const storage::DueRow& row) {
    storage::due::remove(act, row.kind, row.patient, row.subject);  // the pause is over
    impl->something_waits();
    return Result<void>{};
  });
  followup.on_red_alert([impl = impl_.get()](interaction::Act& act, const followup::RedAlert& alert) -> Result<void> {
    intend_to_tell(act, impl->settings, alert);
    return {};
  });
  followup.on_correction(
      [impl = impl_.get()](interaction::Act& act, const followup::Correction& correction) -> Result<void> {
        note_correction(act, correction);
        letter::correct(act, impl->settings, correction);
        return {};
      });
}

Messaging::~Messaging() {
  stop();
  impl_->followup.on_red_alert([](interaction::Act&, const followup::RedAlert&) { return Result<void>{}; });
  impl_->followup.on_correction([](interaction::Act&, const followup::Correction&) { return Result<void>{}; });
}

interaction::Effect& Messaging::letters() { return impl_->noticing; }

void Messaging::receive_from(adapters::Receiver& receiver, std::chrono::milliseconds every) {
  impl_->sources.push_back({receiver, every});
}

void Messaging::start() {
  auto& workers = impl_->workers;
  if (!workers.empty()) return;
  mappings::prepare();
  impl_->guarded("outbox", [this] { impl_->reroute_what_waits(); });
  impl_->processing.start();
  workers.emplace_back([this](std::stop_token stop) { impl_->receive(stop); });
  for (const auto& exit : impl_->exits)
    workers.emplace_back([this, &exit = *exit](std::stop_token stop) { impl_->deliver(stop, exit); });
  for (auto& source : impl_->sources)
    workers.emplace_back(
        [this, &source](std::stop_token stop) { impl_->poll(stop, *this, source.receiver, source.every); });
}

void Messaging::stop() {
  for (auto& worker : impl_->workers) worker.request_stop();
  impl_->workers.clear();  // joins
  impl_->processing.stop();
}

void Messaging::wake() { impl_->something_waits(); }

void Messaging::work_through() {
  impl_->reroute_what_waits();
  while (impl_->processing.round(Processing::Whose::everybodys) + impl_->clock.do_what_is_due() +
             impl_->send_what_waits() >
         0) {
  }
}

Result<Receipt> Messaging::accept(const adapters::Incoming& incoming) {
  if (incoming.bytes.size() > impl_->settings.largest_message)
    return fail(Fault::too_large, fmt::format("the message has {} bytes; the limit is {}", incoming.bytes.size(),
                                              impl_->settings.largest_message));
  const auto receipt = impl_->reception.store(incoming);
  FHIR_TRY(receipt);
  impl_->settings.log(fmt::format("message {}: received, {}{}", receipt->number, loggable(receipt->type),
                                  receipt->duplicate ? ", duplicate" : ""));
  impl_->processing.took(receipt->number);
  impl_->incoming.give();
  return receipt;
}

std::string Messaging::answer_to(const Receipt& receipt, std::chrono::milliseconds wait) {
  std::string answer;
  const auto is_done = [&] {
    return impl_->repository.read([&](const interaction::View& view) {
      // Asked after every group: the row is read when there is an end to read.
      if (storage::inbox::state(view, receipt.number) == storage::InboxState::received) return false;
      auto row = storage::inbox::head(view, receipt.number);
      if (row && has_used_id(*row)) return true;  // the first one's answer is not about this
      if (row && row->state == storage::InboxState::duplicate) row = storage::inbox::head(view, row->original);
      if (row) answer = row->apprec;
      return !row || row->state != storage::InboxState::received;
    });
  };
  impl_->processed.wait_until(std::chrono::steady_clock::now() + wait, is_done);
  return answer;
}

Result<std::string> Messaging::accept_and_answer(const adapters::Incoming& incoming, std::chrono::milliseconds wait) {
  return accept(incoming).map([&](const Receipt& receipt) { return answer_to(receipt, wait); });
}

Result<void> Messaging::report(std::string_view source, std::string_view reason) {
  return impl_->repository.write([&](interaction::Act& act) -> Result<void> {
    return followup::raise(act, {"", "technical", "routine",
                                 fmt::format("Filen {} i meldingsmappen er ikke tatt imot: {}.", source, reason), ""})
        .map([](const auto&) {});
  });
}

Result<void> Messaging::link(interaction::Act& act, const std::string& communication_id,
                             const std::string& patient_id) {
  return messaging::link(act, impl_->settings, communication_id, patient_id);
}

Result<void> Messaging::stop_receiver(interaction::Act& act, std::string_view her_id) {
  return messaging::stop_receiver(act, impl_->settings, her_id);
}

Result<void> Messaging::start_receiver(interaction::Act& act, std::string_view her_id) {
  return messaging::start_receiver(act, impl_->settings, her_id);
}

Result<std::optional<Draft>> Messaging::draft_cancellation(const interaction::View& view,
                                                           const std::string& communication_id) const {
  return messaging::draft_cancellation(view, communication_id);
}

Result<std::string> Messaging::cancel(interaction::Act& act, const std::string& communication_id,
                                      std::optional<Draft> draft) {
  impl_->something_waits();
  return messaging::cancel(act, impl_->settings, communication_id, std::move(draft));
}

Result<Draft> Messaging::draft_change(const interaction::View& view, const std::string& communication_id,
                                      const Renewed& renewed) const {
  return messaging::draft_change(view, impl_->settings, communication_id, renewed);
}

Result<std::string> Messaging::change(interaction::Act& act, const std::string& communication_id,
                                      const Renewed& renewed, std::optional<Draft> draft) {
  impl_->something_waits();
  return messaging::change(act, impl_->settings, communication_id, renewed, std::move(draft));
}

std::vector<std::string> Messaging::route_names() const {
  std::vector<std::string> names;
  for (const auto& route : impl_->settings.routes) names.push_back(route.name);
  return names;
}

std::string Messaging::figures() const {
  return impl_->repository.read(
      [&](const interaction::View& view) { return messaging::figures(view, impl_->settings.routes); });
}

Result<Draft> Messaging::draft_summary_to_gp(const interaction::View& view, const std::string& patient_id,
                                             const std::string& reason) const {
  return draft(view, impl_->settings, patient_id, {reason});
}

Result<std::string> Messaging::send_to_gp(interaction::Act& act, const std::string& patient_id, const Letter& letter) {
  impl_->something_waits();
  auto drafted = draft(act, impl_->settings, patient_id, letter);
  FHIR_TRY(drafted);
  return post(act, impl_->settings, *drafted);
}

Result<std::string> Messaging::send_summary_to_gp(interaction::Act& act, Draft& draft, const std::string& patient_id,
                                                  const std::string& reason) {
  impl_->something_waits();
  return send_summary(act, impl_->settings, draft, patient_id, reason);
}

std::vector<letter::LetterState> Messaging::letter_states(const interaction::View& view,
                                                          storage::PatientKey patient) const {
  return letter::states_of(view, impl_->settings, patient);
}

Result<letter::Composed> Messaging::preview_letter(const interaction::View& view, const letter::Rule& rule,
                                                   storage::PatientKey patient) const {
  return letter::preview(view, impl_->settings, rule, patient);
}

Result<std::string> Messaging::send_letter(interaction::Act& act, const letter::Rule& rule,
                                           storage::PatientKey patient) {
  impl_->something_waits();
  return letter::send_now(act, impl_->settings, rule, patient);
}

Result<Draft> Messaging::draft_message(const interaction::View& view, fhir::Element bundle) const {
  return messaging::draft_message(view, impl_->settings, bundle);
}

Result<std::string> Messaging::send_message(interaction::Act& act, Draft& draft) {
  impl_->something_waits();
  if (storage::outbox::by_msg_id(act, draft.row.msg_id))
    return fail(Fault::business_rule, "MsgId er brukt før. | The MsgId has been used before.");
  return post(act, impl_->settings, draft);
}

}  // namespace varde::messaging
