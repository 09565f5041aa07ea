// ORIENTERING_TJENESTETILBUD to the GP: the follow-up has begun, rests, goes on, has ended. What begins and is taken
// back within the wait is not told. Source: HIS 1146:2014.
#include <fmt/format.h>

#include "server/followup/codes.h"
#include "server/messaging/gp.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/letter/status_text.h"

namespace varde::messaging::letter {
namespace {

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
constexpr std::string_view kService = "Digital hjemmeoppfølging";

struct Told {
  Standing from, to;
  std::string_view happened;
};
// clang-format off
constexpr std::array kTold{
    Told{Standing::none,   Standing::active, "er startet"},
    Told{Standing::none,   Standing::paused, "er startet, og er nå på pause"},
    Told{Standing::active, Standing::paused, "er satt på pause"},
    Told{Standing::paused, Standing::active, "er gjenopptatt etter pause"},
    Told{Standing::active, Standing::ended,  "er avsluttet"},
    Told{Standing::paused, Standing::ended,  "er avsluttet"},
    Told{Standing::ended,  Standing::active, "er gjenopptatt: avslutningen er trukket tilbake"},
    Told{Standing::ended,  Standing::paused, "er ikke avsluttet likevel, og er på pause"},
};
// clang-format on

const Told* told_of(Standing from, Standing to) {
  for (const auto& row : kTold)
    if (row.from == from && row.to == to) return &row;
  return nullptr;
}

std::optional<Standing> standing_named(std::string_view code) {
  for (const auto standing : {Standing::none, Standing::active, Standing::paused, Standing::ended})
    if (code_of(standing) == code) return standing;
  return std::nullopt;
}

/// An occasion is "<EpisodeOfCare.id>/<how it stood when it was last told of>".
void notice(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  const auto before = standing_of(stored.previous), now = standing_of(stored.resource);
  if (before == now || !stored.resource) return;
  const auto id = stored.version.id + "/";
  for (const auto& each : waiting(occasion.act, kServiceNotice, occasion.patient))
    if (each.occasion.starts_with(id)) return;
  intend(occasion.act, kServiceNotice, occasion.patient, id + std::string(code_of(before)), occasion.leaves);
}

std::string details_of(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                       const Told& told, fhir::Element episode) {
  std::string text = fmt::format("{} {}.", kService, told.happened);
  if (told.to == Standing::paused) {
    if (const auto reason = episode.extension(followup::codes::kPauseReason)["valueString"].value(); !reason.empty())
      text += fmt::format(" Årsak: {}.", reason);
    text += " Manglende målinger følges ikke opp i pausen.";
  } else if (told.to == Standing::active) {
    const auto measures = measures_in_words(view, patient);
    if (!measures.empty()) text += fmt::format(" Pasienten måler hjemme: {}.", measures);
    text += " Oppfølgingssenteret følger målingene i åpningstiden, og varsler fastlegen ved rødt nivå.";
  } else {
    text += " Målinger følges ikke lenger opp.";
  }
  return text + " " + whom_to_call(settings);
}

mappings::ServiceLine service_of(const Settings& settings, const Told& told, fhir::Element episode,
                                 std::string details) {
  mappings::ServiceLine service;
  service.name = kService;
  service.provider = settings.our_department.empty() ? settings.our_organisation : settings.our_department;
  service.details = std::move(details);
  service.start = episode["period"]["start"].value().substr(0, 10);
  if (told.to == Standing::ended) service.end = episode["period"]["end"].value().substr(0, 10);
  return service;
}

Result<Written> write(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                      const Told& told, fhir::Element episode) {
  auto whom = about(view, patient);
  FHIR_TRY(whom);
  auto gp = gp_of(view, whom->patient.root());
  FHIR_TRY(gp);
  auto details = details_of(view, settings, patient, told, episode);
  mappings::CareLetter letter{head_of(view, settings, whom->patient.root(), kServiceNotice.type, std::move(*gp))};
  letter.title = fmt::format("{} {}", kService, told.happened);
  letter.services = {service_of(settings, told, episode, details)};
  const auto bundle = mappings::care_letter_bundle(letter);
  FHIR_TRY(bundle);
  return written(view, settings, bundle->root(), std::move(details), letter.title,
                 {"EpisodeOfCare/" + std::string(episode["id"].value())});
}

Result<Composed> compose(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const std::vector<std::string>& occasions) {
  Composed composed;
  for (const auto& occasion : occasions) {
    const auto slash = occasion.find('/');
    const auto from = standing_named(std::string_view(occasion).substr(slash + 1));
    const auto episode = view.tree(kEpisodeOfCare, std::string_view(occasion).substr(0, slash));
    const auto* told = from && episode ? told_of(*from, standing_of(episode->root())) : nullptr;
    if (told && composed.letter) continue;  // of another enrolment: the next letter
    composed.settled.push_back(occasion);
    if (!told) continue;
    auto letter = write(view, settings, patient, *told, episode->root());
    FHIR_TRY(letter);
    composed.letter = std::move(*letter);
  }
  return composed;
}

/// As it was told when it began.
std::vector<std::string> now(const interaction::View& view, storage::PatientKey patient) {
  const auto episode = open_episode(view, patient);
  if (!episode) return {};
  return {std::string(episode->root()["id"].value()) + "/none"};
}

}  // namespace

constinit const Rule kServiceNotice{"service-notice",
                                    "ORIENTERING_TJENESTETILBUD",
                                    "Orientering om tjenestetilbud til fastlegen",
                                    kGp,
                                    "EpisodeOfCare",
                                    std::chrono::minutes{10},
                                    true,
                                    notice,
                                    nullptr,
                                    compose,
                                    now};

}  // namespace varde::messaging::letter
