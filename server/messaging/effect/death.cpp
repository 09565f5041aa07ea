// LOG_DOD: the follow-up ends, nothing more is sent about the patient; all of it can be taken back.
#include <array>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/effect/told_event.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"
#include "server/storage/followup.h"
#include "server/storage/messages.h"

namespace varde::messaging {
namespace {

Result<void> set_deceased(Case& c, std::string_view when) {
  auto patient = c.act.tree(fhir::find_resource_type("Patient"), c.patient_id);
  if (!patient) return fail(Fault::not_found, "the patient is not there any more");
  auto editor = patient->edit();
  editor.remove("deceasedBoolean");
  editor.remove("deceasedDateTime");
  if (!when.empty()) editor.set("deceasedDateTime", when);
  const auto saved = c.act.update(editor, c.patient_id);
  FHIR_TRY(saved);
  return {};
}

/// Which enrolments the death ends, and what they were, so that a cancellation can restore them.
void remember_episodes(Case& c) {
  for (const auto& row : storage::enrolment::all(c.act, c.patient)) {
    if (row.state == storage::EnrolmentState::ended) continue;
    const auto episode = c.act.tree(row.resource);
    if (!episode) continue;
    auto extension = c.communication.add("extension");
    extension.set("url", names::kEndedEpisode);
    auto reference = extension.add("extension");
    reference.set("url", "episode");
    reference.ensure("valueReference").set("reference", "EpisodeOfCare/" + std::string(episode->root()["id"].value()));
    auto status = extension.add("extension");
    status.set("url", "status");
    status.set("valueCode", episode->root()["status"].value());
  }
}

Result<void> restore_episodes(Case& c, fhir::Element original) {
  for (const auto extension : original.each("extension")) {
    if (extension["url"].value() != names::kEndedEpisode) continue;
    const std::string id(id_in(extension.extension("episode")["valueReference"]["reference"].value()));
    auto episode = c.act.tree(fhir::find_resource_type("EpisodeOfCare"), id);
    const auto status = episode ? episode->root()["status"].value() : std::string_view();
    if (status != "finished" && status != "cancelled") continue;
    episode->edit().set("status", extension.extension("status")["valueCode"].value());
    drop_end(episode->edit());
    const auto saved = c.act.update(episode->edit(), id);
    FHIR_TRY(saved);
  }
  return {};
}

/// What stands in the queue about the patient is not sent any more; AppRecs carry no patient and still go out.
Result<void> stop_queue(Case& c) {
  storage::due::remove_all(c.act, storage::DueKind::summary, c.patient);
  storage::due::remove_all(c.act, storage::DueKind::correction, c.patient);
  for (const auto& row : storage::outbox::queued_about(c.act, c.patient)) {
    if (row.type == "APPREC") continue;
    storage::outbox::mark_failed(c.act, row.id, "the patient has died");
    auto communication = c.act.tree(fhir::find_resource_type("Communication"), row.communication_id);
    if (!communication) continue;
    set_state(communication->edit(), State::stopped, "pasienten er død");
    const auto saved = c.act.update(communication->edit(), row.communication_id);
    FHIR_TRY(saved);
  }
  return {};
}

Result<void> end_stays(Case& c, const time::Span& event) {
  for (auto& stay : stays_of(c.act, c.patient_id)) {
    if (!stay.is_open()) continue;
    auto encounter = stay.encounter.edit();
    encounter.set("status", "finished");
    encounter.ensure("period").set("end", norway::text_of(event));
    mark_stay(encounter, c);
    const auto saved = c.act.update(encounter, stay.id);
    FHIR_TRY(saved);
  }
  return {};
}

/// Nobody has died in the days to come: what the message says is wrong, and must not end what watches over somebody.
Result<void> doubt_death(Case& c, const time::Span& event) {
  return ask(c, "follow-up-death", "asap",
             fmt::format("Dødsfall meldt av {} er datert fram i tid ({}). Ingenting er endret, og digital "
                         "hjemmeoppfølging går videre: avklar med avsenderen.",
                         display_of(c.message.sender), norway::oslo_words(event)))
      .map([](const auto&) {});
}

Result<void> death(Case& c) {
  const time::Span event = event_of(c.message);
  if (event.begin > c.act.now() + followup::kClocksDiffer) return doubt_death(c, event);
  const auto doubted = doubt(c, "Dødsfall", event);
  FHIR_TRY(doubted);
  if (*doubted) return {};
  remember_episodes(c);
  return set_deceased(c, norway::text_of(event))
      .and_then([&] { return followup::end(c.act, c.patient_id, "Død"); })
      .and_then([&] { return stop_queue(c); })
      .and_then([&] { return end_stays(c, event); })
      .and_then([&] {
        return ask(
            c, "follow-up-death", "urgent",
            fmt::format("Dødsfall meldt av {}. Digital hjemmeoppfølging er avsluttet og ventende meldinger stoppet. "
                        "Kontakt pårørende, avslutt tjenesten og hent utstyret.",
                        display_of(c.message.sender)));
      })
      .map([](const auto&) {});
}

Result<void> undo_death(Case& c, const Undone& undone) {
  const auto type = fhir::find_resource_type("Communication");
  for (const auto& mark : undone.marks)
    for (const auto key : c.act.by_identifier(type, names::kMessage, mark)) {
      const auto original = c.act.tree(key);
      if (!original) continue;
      if (const auto restored = restore_episodes(c, original->root()); !restored) return restored;
    }
  for (auto& stay : stays_of(c.act, c.patient_id)) {
    if (!stay.has_any(undone.marks) || !stay.is_valid()) continue;
    stay.encounter.edit().set("status", "in-progress");
    drop_end(stay.encounter.edit());
    const auto saved = c.act.update(stay.encounter.edit(), stay.id);
    FHIR_TRY(saved);
  }
  return set_deceased(c, "")
      .and_then([&] {
        return ask(
            c, "information", "asap",
            fmt::format("Meldingen om dødsfall er kansellert av {}. Digital hjemmeoppfølging er satt tilbake slik den "
                        "var: kontroller plan, oppgaver og utstyr.",
                        display_of(c.message.sender)));
      })
      .map([](const auto&) {});
}

constexpr std::array kRows{
    EffectRow{"", EffectRow::Unknown::refuse, EffectRow::Again::another, weighed<HospitalEvent::died, death>,
              weighed_again<undo_death>},
};

}  // namespace

constinit const Effects kDeath{kRows};

}  // namespace varde::messaging
