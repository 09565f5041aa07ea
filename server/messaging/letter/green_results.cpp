// SVAR_LAB to the municipal journal system (Labsvar): readings inside the limits, those of a day in one report. A
// reading that was wrong makes its report anew, as a change. Source: HIS 80822:2014; ../README.md, "Letters".
#include <algorithm>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/followup/codes.h"
#include "server/followup/evaluation.h"
#include "server/followup/measure.h"
#include "server/followup/reading.h"
#include "server/followup/resent.h"
#include "server/followup/rule/zone.h"
#include "server/followup/window.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/letter/status_text.h"
#include "server/messaging/operator.h"
#include "server/messaging/summary_lines.h"
#include "server/storage/followup.h"
#include "server/storage/messages.h"

namespace varde::messaging::letter {
namespace {

using followup::Zone;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
constexpr std::size_t kMostResults = 200;  ///< of one report
constexpr std::string_view kFix = "fix:";  ///< an occasion that is a correction

bool is_green(fhir::Element observation) {
  for (const auto tag : observation["meta"].each("tag"))
    if (tag["system"].value() == followup::codes::kAlertLevel) return tag["code"].value() == "green";
  return false;
}

bool is_followed_up_now(const interaction::View& view, storage::PatientKey patient) {
  const auto rows = storage::enrolment::all(view, patient);
  return std::any_of(rows.begin(), rows.end(),
                     [](const auto& row) { return row.state == storage::EnrolmentState::active; });
}

/// An occasion is the Observation's id. What is measured until the report goes is in it.
void notice(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  if (!stored.resource || !is_green(stored.resource) || is_green(stored.previous)) return;
  if (followup::is_test_data(stored.resource)) return;
  if (!is_followed_up_now(occasion.act, occasion.patient)) return;
  const auto others = waiting(occasion.act, kGreenResults, occasion.patient);
  intend(occasion.act, kGreenResults, occasion.patient, stored.version.id,
         others.empty() ? occasion.leaves : others.front().at);
}

void correct(interaction::Act& act, const Settings&, const followup::Correction& correction) {
  if (!storage::outbox::newest(act, correction.patient, kGreenResults.type)) return;
  intend(act, kGreenResults, correction.patient, std::string(kFix) + correction.observation_id, act.now());
}

// --- the report
// --------------------------------------------------------------------------------------------------------

Result<mappings::Party> journal_system(const Settings& settings) {
  if (settings.epj_her_id.empty())
    return fail(Fault::business_rule,
                "Innstillingen epj sier ikke hvem som tar imot labsvar. | The setting epj does not name who takes "
                "laboratory results.",
                "epj");
  mappings::Party party;
  party.organisation = settings.epj_name.empty() ? "Kommunens journalsystem" : settings.epj_name;
  party.organisation_ids = {{settings.epj_her_id, "HER"}};
  return party;
}

/// The green range in words, as a laboratory's reference interval.
std::string green_range(fhir::Element observation, fhir::Element component) {
  const auto holder = component ? component : observation;
  for (const auto range : holder.each("referenceRange")) {
    if (!range.extension(followup::codes::kLimitSource)) continue;
    for (const auto coding : range["type"].each("coding"))
      if (coding["code"].value() == "green") return std::string(range["text"].value());
  }
  return {};
}

void add_code(fhir::Editor result, fhir::Element code) {
  auto made = result.ensure("code");
  const auto* measure = followup::find_measure(followup::measure_key(code));
  for (const auto coding : code.each("coding")) {
    auto copy = made.add("coding");
    copy.set("system", coding["system"].value());
    copy.set("code", coding["code"].value());
    copy.set("display", measure ? std::string_view(measure->name) : coding["display"].value());
    break;
  }
  made.set("text", followup::measure_name(code));
}

struct OneResult {
  fhir::Element observation, value, code, component;
};

void add_result(fhir::Editor bundle, const OneResult& one) {
  auto result = bundle.add("entry").add_resource("resource", kObservation);
  const auto status = one.observation["status"].value();
  result.set("status", status == "corrected" || status == "amended" ? status : "final");
  add_code(result, one.code);
  const auto effective = one.observation.choice("effective");
  const auto measured = norway::parse_moment(effective["start"] ? effective["start"].value() : effective.value());
  if (measured) result.set("effectiveDateTime", norway::text_of(*measured));  // by the clock on the wall here
  result.add_copy("valueQuantity", one.value);
  if (auto range = green_range(one.observation, one.component); !range.empty())
    result.add("referenceRange").set("text", range);
}

std::size_t add_results(fhir::Editor bundle, fhir::Element observation) {
  std::size_t count = 0;
  if (const auto value = observation["valueQuantity"])
    add_result(bundle, {observation, value, observation["code"], {}}), ++count;
  for (const auto component : observation.each("component"))
    if (const auto value = component["valueQuantity"])
      add_result(bundle, {observation, value, component["code"], component}), ++count;
  return count;
}

/// `document`: the same in a report and its changes; empty: a new report.
Result<Report> report_of(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const std::vector<followup::Reading>& readings, std::string document) {
  auto receiver = journal_system(settings);
  FHIR_TRY(receiver);
  auto whom = about(view, patient);
  FHIR_TRY(whom);
  const auto head = head_of(view, settings, whom->patient.root(), kGreenResults.type, std::move(*receiver));
  auto bundle = mappings::letter_head_bundle(head);
  FHIR_TRY(bundle);
  Report report{std::move(*bundle), "Målinger hjemme, innenfor grensene:", {}};
  auto root = report.bundle.edit();
  auto summary = root.add("entry").add_resource("resource", fhir::find_resource_type("DiagnosticReport"));
  summary.add("identifier").set("value", document.empty() ? head.msg_id : document);
  summary.set("status", document.empty() ? "final" : "corrected");
  summary.ensure("code").set("text", "Målinger i digital hjemmeoppfølging");
  summary.set("issued", head.generated);
  summary.set("conclusion",
              "Målinger hjemme innenfor pasientens grenser, digital hjemmeoppfølging. " + whom_to_call(settings));
  for (const auto& reading : readings) {
    const auto observation = reading.observation->root();
    if (add_results(root, observation) == 0) continue;
    report.about.push_back("Observation/" + reading.version.id);
    report.text +=
        fmt::format("\n{}: {}", followup::time_in_words(observation, view.zone()), value_in_words(observation));
  }
  return report;
}

// --- what is told
// ------------------------------------------------------------------------------------------------------

std::optional<followup::Reading> reading_of(const interaction::View& view, std::string_view id) {
  const auto version = view.current(kObservation, id);
  if (!version || version->method == storage::Method::remove) return std::nullopt;
  return followup::read_reading(view, version->key);
}

std::vector<followup::Reading> by_time(std::vector<followup::Reading> readings) {
  std::sort(readings.begin(), readings.end(), [](const auto& a, const auto& b) {
    return a.time != b.time ? a.time < b.time : a.version.key < b.version.key;
  });
  return readings;
}

Result<void> tell_new(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                      const std::vector<std::string>& occasions, Composed& composed) {
  const auto episode = open_episode(view, patient);
  const auto start =
      episode ? norway::parse_moment(episode->root()["period"]["start"].value().substr(0, 10)) : std::nullopt;
  std::vector<followup::Reading> readings;
  for (const auto& occasion : occasions) {
    if (occasion.starts_with(kFix) || readings.size() == kMostResults) continue;
    composed.settled.push_back(occasion);
    auto reading = reading_of(view, occasion);
    if (!reading || reading->judgement.level != Zone::green) continue;  // withdrawn, or corrected to an alert
    if (start && reading->time < start->begin) continue;                // history of before the enrolment
    if (followup::copy_of(view, patient, reading->observation->root(), reading->version.key)) continue;
    if (!letter_about(view, patient, kGreenResults.type, "Observation/" + occasion).empty()) continue;
    readings.push_back(std::move(*reading));
  }
  if (readings.empty()) return {};
  auto report = report_of(view, settings, patient, by_time(std::move(readings)), {});
  FHIR_TRY(report);
  if (report->about.empty()) return {};
  auto letter = written(view, settings, report->bundle.root(), report->text, "Målinger hjemme", report->about);
  FHIR_TRY(letter);
  composed.letter = std::move(*letter);
  return {};
}

/// The report that told of the reading says what is so now: without what nobody stands behind any more, or what is an
/// alert.
Result<void> tell_corrected(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                            const std::string& occasion, Composed& composed) {
  composed.settled.push_back(occasion);
  const auto id = occasion.substr(kFix.size());
  const auto sent = letter_about(view, patient, kGreenResults.type, "Observation/" + id);
  if (sent.empty()) return {};
  std::vector<followup::Reading> readings;
  for (const auto& told : told_in(view, sent, "Observation"))
    if (auto reading = reading_of(view, told); reading && reading->judgement.level == Zone::green)
      readings.push_back(std::move(*reading));
  composed.renews = sent;
  if (readings.empty()) return {};  // nothing of it is so: it is taken back
  const auto row = rows_of(view, sent).sent;
  if (!row) return fail(Fault::not_found, "the report that told of the reading is not there");
  auto report =
      report_of(view, settings, patient, by_time(std::move(readings)), mappings::read_message(row->bytes).document_id);
  FHIR_TRY(report);
  composed.text = report->text;
  composed.renewed = Renewed{std::move(report->bundle), {}};
  return {};
}

Result<Composed> compose(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const std::vector<std::string>& occasions) {
  Composed composed;
  FHIR_TRY(tell_new(view, settings, patient, occasions, composed));
  if (composed.letter) return composed;
  for (const auto& occasion : occasions) {
    if (!occasion.starts_with(kFix)) continue;
    FHIR_TRY(tell_corrected(view, settings, patient, occasion, composed));
    if (!composed.renews.empty()) break;
  }
  return composed;
}

}  // namespace

constinit const Rule kGreenResults{"green-results",
                                   "SVAR_LAB",
                                   "Målinger innenfor grensene til kommunens journalsystem",
                                   "Kommunens journalsystem",
                                   "Observation",
                                   std::chrono::hours{24},
                                   false,
                                   notice,
                                   correct,
                                   compose,
                                   nullptr};

}  // namespace varde::messaging::letter
