#include "server/followup/course/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/interaction/text.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");

constexpr std::chrono::days kFarthestStart{366};

struct StageRow {
  Stage stage;
  std::string_view code, name, status;  ///< `name` in Norwegian; `status` of EpisodeOfCare
  std::string_view next;                ///< codes of where it goes on, blank between
  std::string_view instead;             ///< what a nurse does who wants another thing
};
// clang-format off
constexpr std::array kStages{
    //       stage             code        name             status      goes on to                       instead
    StageRow{Stage::referred, "referred", "henvist",       "planned",  "offered trial running ended", "ta forløpet videre med $enrol"},
    StageRow{Stage::offered,  "offered",  "tilbudt",       "planned",  "trial running ended",         "ta forløpet videre med $enrol"},
    StageRow{Stage::trial,    "trial",    "i prøveperiode", "active",   "running paused ended",        "sett den på pause med $pause, eller avslutt den med $end"},
    StageRow{Stage::running,  "running",  "i oppfølging",  "active",   "paused ended",                "sett den på pause med $pause, eller avslutt den med $end"},
    StageRow{Stage::paused,   "paused",   "pauset",        "onhold",   "trial running ended",         "gjenoppta den med $resume, eller avslutt den med $end"},
    StageRow{Stage::ended,    "ended",    "avsluttet",     "finished", "",                            "meld pasienten inn på nytt med $enrol"},
};
// clang-format on
constexpr const StageRow& row_of(Stage stage) { return kStages[static_cast<std::size_t>(stage)]; }

bool lists(std::string_view codes, std::string_view code) {
  const auto at = codes.find(code);
  return at != std::string_view::npos && (at == 0 || codes[at - 1] == ' ');
}

void set_course(fhir::Editor element, std::string_view code) {
  remove_each(element, "extension", [](fhir::Element each) { return each["url"].value() == codes::kCourse; });
  if (code.empty()) return;
  auto extension = element.add("extension");
  extension.set("url", codes::kCourse);
  extension.set("valueCode", code);
}

}  // namespace

std::string_view course_of(fhir::Element element) { return element.extension(codes::kCourse)["valueCode"].value(); }

std::string_view code_of(Stage stage) { return row_of(stage).code; }
std::string_view norwegian(Stage stage) { return row_of(stage).name; }

std::optional<Stage> stage_of_code(std::string_view code) {
  for (const auto& row : kStages)
    if (row.code == code) return row.stage;
  return std::nullopt;
}

std::optional<Stage> stage_of(fhir::Element episode) {
  if (!episode || !is_enrolment(episode)) return std::nullopt;
  const auto status = episode["status"].value(), course = course_of(episode);
  if (status == "planned" || status == "waitlist") return course == "offered" ? Stage::offered : Stage::referred;
  if (status == "active") return course == "trial" ? Stage::trial : Stage::running;
  if (status == "onhold") return Stage::paused;
  if (status == "finished" || status == "cancelled") return Stage::ended;
  return std::nullopt;
}

/// https://hl7.org/fhir/R4/episodeofcare-definitions.html#EpisodeOfCare.statusHistory
void note_stage(fhir::Editor episode, fhir::Element before, Instant at) {
  std::string start(before["period"]["start"].value());
  for (const auto earlier : episode.each("statusHistory")) start = earlier["period"]["end"].value();  // of the last one
  const std::string course(course_of(before)), status(before["status"].value());
  auto entry = episode.add("statusHistory");
  set_course(entry, course);
  entry.set("status", status);
  auto period = entry.add("period");
  // A plan may start in the future; a period may not end before it starts.
  if (const auto begun = parse_instant(start); begun && *begun <= at) period.set("start", start);
  period.set("end", interaction::fhir_instant(at));
}

void set_stage(fhir::Editor episode, Stage stage, Instant at) {
  if (stage_of(episode)) note_stage(episode, episode, at);
  // What never began is called off.
  const bool called_off = stage == Stage::ended && episode["status"].value() == "planned";
  episode.set("status", called_off ? std::string_view("cancelled") : row_of(stage).status);
  // In a pause it stands what the course goes on as.
  if (stage != Stage::paused && stage != Stage::ended)
    set_course(episode, stage == Stage::running ? std::string_view() : code_of(stage));
}

Result<void> check_step(Stage from, Stage to) {
  if (from == to || lists(row_of(from).next, code_of(to))) return {};
  std::string next;
  for (const auto& row : kStages)
    if (lists(row_of(from).next, row.code)) next.append(next.empty() ? "" : ", ").append(row.code);
  return fail(Fault::business_rule,
              fmt::format("Oppfølgingen er {} og kan ikke bli {}: {} (the follow-up is {}, which goes on to {})",
                          row_of(from).name, row_of(to).name, row_of(from).instead, code_of(from),
                          next.empty() ? "nothing; $enrol begins another" : next),
              "EpisodeOfCare.status");
}

Failure already_enrolled() {
  return {
      Fault::resource_conflict,
      "Pasienten er allerede meldt inn: endre oppfølgingen, eller avslutt den med $end først (the patient is already "
      "enrolled: change that follow-up, or $end it first)",
      "EpisodeOfCare.status"};
}

Result<void> check_start(Instant start, Instant now, std::string_view place) {
  if (start <= now + kFarthestStart) return {};
  return fail(
      Fault::business_rule,
      "Oppfølgingen kan begynne høyst ett år fram i tid: sjekk datoen (a follow-up begins at most a year ahead: "
      "check the date)",
      std::string(place));
}

std::optional<OpenCourse> open_course(const interaction::View& view, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return std::nullopt;
  const auto read = [&](storage::ResourceKey key) -> std::optional<OpenCourse> {
    const auto tree = view.tree(key);
    const auto stage = tree ? stage_of(tree->root()) : std::nullopt;
    if (!stage || *stage == Stage::ended) return std::nullopt;
    return OpenCourse{std::string(tree->root()["id"].value()), *stage};
  };
  for (const auto& row : storage::enrolment::all(view, patient))
    if (row.state != storage::EnrolmentState::ended)
      if (const auto course = read(row.resource)) return course;
  for (const auto* status : {"planned", "waitlist"})
    for (const auto key : view.with_token(storage::parameter_key("EpisodeOfCare", "status"), status, patient))
      if (const auto course = read(key)) return course;
  return std::nullopt;
}

Result<void> move_course(interaction::Act& act, const OpenCourse& course, Stage to, std::string_view reason) {
  FHIR_TRY(check_step(course.stage, to));
  if (course.stage == to) return {};
  auto tree = act.tree(kEpisodeOfCare, course.episode_id);
  if (!tree) return {};
  auto episode = tree->edit();
  set_stage(episode, to, act.now());
  set_reason(episode, std::string(reason));
  if (to == Stage::trial || to == Stage::running)
    if (course.stage == Stage::referred || course.stage == Stage::offered)
      episode.ensure("period").set("start", interaction::fhir_instant(act.now()));
  return act.update(episode, course.episode_id).map([](const auto&) {});
}

}  // namespace varde::followup
