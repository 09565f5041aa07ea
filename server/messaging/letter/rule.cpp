#include "server/messaging/letter/rule.h"

#include <algorithm>

#include "server/followup/codes.h"
#include "server/followup/course/stage.h"
#include "server/storage/due.h"
#include "server/storage/followup.h"

namespace varde::messaging::letter {
namespace {

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");

/// What the enrolment says of that letter; the newest that says anything.
std::optional<bool> agreed(const interaction::View& view, std::string_view code, storage::PatientKey patient) {
  auto rows = storage::enrolment::all(view, patient);
  std::reverse(rows.begin(), rows.end());
  for (const auto& row : rows) {
    const auto episode = view.tree(row.resource);
    if (!episode) continue;
    for (const auto extension : episode->root().each("extension"))
      if (extension["url"].value() == followup::codes::kLetter &&
          extension.extension("code")["valueCode"].value() == code)
        return extension.extension("send")["valueBoolean"].value() == "true";
  }
  return std::nullopt;
}

}  // namespace

std::span<const Rule> rules() {
  static const std::array kRules{kServiceNotice, kGpHistory, kGpEnd, kHospitalReport, kGreenResults, kJournalPush};
  return kRules;
}

const Rule* find_rule(std::string_view code) {
  const auto found = std::find_if(rules().begin(), rules().end(), [&](const Rule& rule) { return rule.code == code; });
  return found == rules().end() ? nullptr : &*found;
}

std::vector<LetterSwitch> usual_letters() {
  std::vector<LetterSwitch> usual;
  for (const auto& rule : rules())
    if (rule.is_usual) usual.push_back(usual_letter(rule.code));
  return usual;
}

LetterSwitch usual_letter(std::string_view code) {
  const auto* rule = find_rule(code);
  return rule ? LetterSwitch{std::string(rule->code), rule->wait, false} : LetterSwitch{};
}

std::string letter_codes() {
  std::string codes;
  for (const auto& rule : rules()) codes.append(codes.empty() ? "" : ", ").append(rule.code);
  return codes;
}

std::string subject_of(const Rule& rule, std::string_view occasion) {
  return std::string(rule.code) + "/" + std::string(occasion);
}

void intend(interaction::Act& act, const Rule& rule, storage::PatientKey patient, std::string_view occasion,
            storage::Instant at) {
  const auto subject = subject_of(rule, occasion);
  if (storage::due::at(act, storage::DueKind::letter, patient, subject)) return;
  storage::due::put(act, {storage::DueKind::letter, patient, subject, at});
}

const LetterSwitch* switch_of(const Settings& settings, const Rule& rule) {
  const auto found = std::find_if(settings.letters.begin(), settings.letters.end(),
                                  [&](const LetterSwitch& each) { return each.code == rule.code; });
  return found == settings.letters.end() ? nullptr : &*found;
}

bool is_wanted(const interaction::View& view, const Settings& settings, const Rule& rule, storage::PatientKey patient) {
  const auto* set = switch_of(settings, rule);
  return set && agreed(view, rule.code, patient).value_or(!set->only_chosen);
}

std::vector<Waiting> waiting(const interaction::View& view, const Rule& rule, storage::PatientKey patient) {
  std::vector<Waiting> found;
  const auto prefix = subject_of(rule, {});
  for (const auto& row : storage::due::of(view, storage::DueKind::letter, patient))
    if (row.subject.starts_with(prefix)) found.push_back({row.subject.substr(prefix.size()), row.at});
  return found;
}

}  // namespace varde::messaging::letter
