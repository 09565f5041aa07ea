#include "server/followup/report/benefit_form.h"

#include <algorithm>

#include "server/followup/measure.h"
#include "server/followup/task.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::string_view kTask = "benefit-form";  ///< code of the Task, and subject of the one that is open
constexpr std::chrono::days kRecent{150};           ///< so old an answer still is of this half year
constexpr std::chrono::days kBeforehand{60};        ///< and of the beginning, when it was given before that
constexpr int kLowest = 1, kHighest = 5;

std::optional<int> answer_to(fhir::Element parent, std::string_view question) {
  for (const auto item : parent.each("item")) {
    if (item["linkId"].value() != question) {
      if (auto below = answer_to(item, question)) return below;
      continue;
    }
    const auto number = number_of(item["answer"].choice("value").value());
    if (!number || *number != static_cast<int>(*number) || *number < kLowest || *number > kHighest) return std::nullopt;
    return static_cast<int>(*number);
  }
  return std::nullopt;
}

bool is_answered_since(const interaction::View& view, const std::string& patient_id, Instant since) {
  const auto answers = view.referring(storage::parameter_key("QuestionnaireResponse", "subject"), kPatient, patient_id);
  return std::any_of(answers.begin(), answers.end(), [&](const auto key) {
    const auto response = view.tree(key);
    if (!response || !is_benefit_form(response->root())) return false;
    const auto authored = parse_instant(response->root()["authored"].value(), view.zone());
    return authored && *authored >= since;
  });
}

}  // namespace

bool is_benefit_form(fhir::Element response) {
  const auto status = response["status"].value();
  const auto canonical = response["questionnaire"].value();
  return (status == "completed" || status == "amended") && canonical.substr(0, canonical.find('|')) == kBenefitForm;
}

BenefitAnswers answers_in(fhir::Element response) {
  BenefitAnswers answers;
  for (std::size_t i = 0; i < answers.size(); ++i) answers.at(i) = answer_to(response, kBenefitQuestions.at(i).code);
  return answers;
}

Result<void> ask_benefit(interaction::Act& act, storage::PatientKey patient, fhir::Element episode) {
  if (episode.extension(kAskBenefit)["valueBoolean"].value() != "true") return {};
  const auto patient_id = act.patient_id(patient);
  const auto start = parse_instant(episode["period"]["start"].value(), act.zone());
  const bool is_first = !start || *start + kBeforehand > act.now();
  if (is_answered_since(act, patient_id, act.now() - (is_first ? kBeforehand : kRecent))) return {};
  return raise_once(act, patient, kTask,
                    {patient_id, std::string(kTask), "routine",
                     is_first ? "Be pasienten svare på spørreskjemaet om nytte: nullpunkt."
                              : "Be pasienten svare på spørreskjemaet om nytte, som hvert halvår.",
                     "EpisodeOfCare/" + std::string(episode["id"].value())});
}

Result<void> follow_benefit_form(interaction::Act& act, const interaction::Stored& stored) {
  if (!stored.resource || !is_benefit_form(stored.resource)) return {};
  return settle(act, stored.version.patient, kTask, "completed", "Pasienten har svart på spørreskjemaet.");
}

}  // namespace varde::followup
