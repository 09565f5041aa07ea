#include "server/followup/evaluation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "fhir-model/view/observation.h"
#include "server/followup/codes.h"
#include "server/followup/in_force.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/parts.h"
#include "server/followup/rule/rules.h"
#include "server/followup/rule/score.h"
#include "server/followup/score.h"
#include "server/followup/window.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

struct InterpretationRow {
  Zone zone;
  Side side;
  std::string_view code, display;
};
// clang-format off
constexpr std::array kInterpretations{
    InterpretationRow{Zone::green,  Side::inside, "N",  "Normal"},
    InterpretationRow{Zone::yellow, Side::below,  "L",  "Low"},
    InterpretationRow{Zone::yellow, Side::above,  "H",  "High"},
    InterpretationRow{Zone::red,    Side::below,  "LL", "Critical low"},
    InterpretationRow{Zone::red,    Side::above,  "HH", "Critical high"},
};
// clang-format on

struct LimitsOfValue {
  LimitSet limits;
  std::string source;
  bool unreadable = false;
  std::vector<Asked> rules = {};
};

/// The limits of its receipt, which the version before carries; else those in force.
LimitsOfValue limits_for(const interaction::View& view, storage::PatientKey patient, const MeasuredValue& value,
                         fhir::Element before, Instant received) {
  auto kept = before ? reference_ranges_of(before) : Result<LimitSet>{};
  if (kept && !kept->ranges.empty()) {
    auto source = reference_range_source(before);
    auto rules = rules_of_version(view, source, value.measure);
    return {std::move(*kept), std::move(source), false, std::move(rules)};
  }
  auto current = limits_in_force(view, patient, value.measure, received);
  return {std::move(current.limits), std::move(current.source), current.unreadable || !kept, std::move(current.rules)};
}

/// A number is always somebody's concern; anything else only where a number was expected.
bool concerns(const MeasuredValue& value, const LimitsOfValue& limits) {
  const bool is_expected = !limits.limits.ranges.empty() || limits.unreadable;
  if (value.doubt == Doubt::absent) return is_expected;
  return value.is_usable() || value.known || is_expected || value.doubt == Doubt::ahead_of_time;
}

/// "<95 %" where green begins at 90 %: it is green only when everything that it may be is.
bool may_be_beyond_green(const Judged& judged) {
  if (judged.value.comparator == 0 || judged.finding.zone != Zone::green) return false;
  const bool is_below = judged.value.comparator == '<';
  const auto* known = judged.value.known;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double end = is_below ? -kInfinity : kInfinity;
  if (known)
    end = in_unit(is_below ? known->lowest : known->highest, known->unit, judged.limits.unit, known).value_or(end);
  return asked_of(rule::kLimit, known, judged.limits, end).zone != Zone::green;
}

/// `of_score`: a part of a score is judged by limits of its own where it has some, and needs none.
Judged judged_by(MeasuredValue value, LimitsOfValue by, bool of_score) {
  Judged judged{.value = std::move(value), .limits = std::move(by.limits), .source = std::move(by.source)};
  const auto& limits = judged.limits;
  judged.doubt = judged.value.doubt == Doubt::absent ? Doubt::no_value : judged.value.doubt;
  if (judged.doubt == Doubt::part_missing && !limits.ranges.empty()) {
    // It is at least this: a score that is red already is not hidden.
    auto least = asked_of(rule::kLimit, judged.value.known, limits, judged.value.number);
    if (least.zone >= Zone::yellow) judged.finding = std::move(least);
  }
  if (judged.doubt != Doubt::none) return judged;
  if (limits.ranges.empty()) {
    judged.doubt = by.unreadable        ? Doubt::limits_unreadable
                   : judged.value.known ? Doubt::no_limits
                                        : Doubt::unknown_code;
    if (of_score && judged.doubt == Doubt::no_limits) judged.doubt = Doubt::none, judged.counts = false;
    return judged;
  }
  const auto number = judged.value.judged_in(limits.unit);
  if (!number)
    judged.doubt = Doubt::unit;
  else
    judged.finding = asked_of(rule::kLimit, judged.value.known, limits, *number);
  if (may_be_beyond_green(judged)) judged.doubt = Doubt::open_ended, judged.finding = {};
  if (by.unreadable) judged.doubt = Doubt::limits_unreadable;  // judged all the same, by the resource itself
  return judged;
}

/// What the plan asks beside the limits, of a value that could be judged by them.
void ask_rules(const interaction::View& view, storage::PatientKey patient, fhir::Element observation,
               storage::ResourceKey own, std::span<const Asked> rules, Judged& judged) {
  const auto measured = time_of(observation, view.zone());
  judged.reach = reach_of(rules);
  if (rules.empty() || !judged.value.is_usable() || judged.finding.zone == Zone::grey) return;
  auto answer = ask(view, {patient, own, measured, judged.value, judged.limits, observation}, rules);
  judged.beyond = std::move(answer.findings);
  if (answer.is_newest) judged.reach = std::chrono::seconds{0};  // nobody looks back on it yet
  if (answer.failed) judged.doubt = Doubt::rule_failed;
}

/// The same places in the version before, by what they measure; of several the first.
std::unordered_map<std::string, fhir::Element> places_of(fhir::Element observation) {
  std::unordered_map<std::string, fhir::Element> places;
  for (auto& value : values_of(observation)) places.emplace(std::move(value.measure), value.place);
  return places;
}

void add_interpretation(fhir::Editor place, const Finding& finding) {
  if (place["interpretation"]) return;  // the sender's own word stands
  for (const auto& row : kInterpretations) {
    if (row.zone != finding.zone || row.side != finding.side) continue;
    const auto interpretation = add_coding(place.add("interpretation"), codes::kInterpretation, row.code, row.display);
    add_coding(interpretation, codes::kAlertLevel, code(finding.zone));
  }
}

void set_level(fhir::Editor observation, Zone level) {
  auto tag = observation.ensure("meta").add("tag");
  tag.set("system", codes::kAlertLevel);
  tag.set("code", code(level));
}

/// What a sender echoes back to us must not count as his own.
void remove_our_marks(fhir::Editor observation) {
  const auto ours = [](fhir::Element concept_) {
    return bool(coding_of(view::CodeableConcept::of(concept_), codes::kAlertLevel));
  };
  const auto clean = [&](fhir::Editor place) {
    remove_each(place, "interpretation", ours);
    remove_reference_ranges(place);
    remove_rule_findings(place);
  };
  remove_each(observation["meta"], "tag",
              [](fhir::Element tag) { return view::Coding::of(tag).system() == codes::kAlertLevel; });
  clean(observation);
  for (const auto component : observation.each("component")) clean(observation.edit(component));
}

storage::ResourceKey own_key(const interaction::View& view, fhir::Element observation) {
  const auto stored = view.current(observation.type(), observation["id"].value());
  return stored ? stored->key : storage::ResourceKey{};
}

/// By the scale of the plan, or of the plan it was judged by before.
void work_out_score(const interaction::View& view, storage::PatientKey patient, fhir::Editor observation,
                    const std::unordered_map<std::string, fhir::Element>& before, Instant received) {
  const auto score = view::Observation::of(observation);
  if (score.data_absent_reason()) return;
  SentScore sent;
  for (const auto component : score.component()) sent.parts.push_back(read_value(component));
  if (score.value().element()) sent.sent = read_value(score);
  MeasuredValue total;
  total.measure = measure_key(score.code());
  const auto same_place = before.find(total.measure);
  const auto limits =
      limits_for(view, patient, total, same_place == before.end() ? fhir::Element{} : same_place->second, received);
  add_score(observation, sent, limits.rules, limits.source, {view.now(), view.zone()});
}

/// Members that are stored here are judged by themselves; of those of another server nobody here knows a value.
bool has_members_here(const interaction::View& view, view::Observation observation) {
  static const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
  const auto members = observation.has_member();
  return std::any_of(members.begin(), members.end(), [&](view::Reference member) {
    const std::string_view literal = member.reference();
    return !literal.starts_with("http") || !view.own_id(literal, kObservation).empty();
  });
}

/// What a panel should have held: parts that the patient has limits for and that were not sent.
std::vector<Judged> missing_parts(const interaction::View& view, storage::PatientKey patient,
                                  view::Observation observation, const Judgement& judgement, Instant received) {
  std::vector<Judged> missing;
  const auto* panel = find_measure(measure_key(observation.code()));
  if (!panel || has_members_here(view, observation) || observation.data_absent_reason()) return missing;
  for (const auto& part : panel->parts) {
    const auto is_part = [&](const Judged& judged) { return judged.value.measure == part; };
    if (std::any_of(judgement.values.begin(), judgement.values.end(), is_part)) continue;
    const auto limits = limits_in_force(view, patient, part, received);
    if (limits.limits.ranges.empty() && !limits.unreadable) continue;
    MeasuredValue value;
    value.place = observation, value.measure = part, value.known = find_measure(part), value.doubt = Doubt::no_value;
    missing.push_back({.value = std::move(value), .doubt = Doubt::no_value});
  }
  return missing;
}

Zone worst_of(const std::vector<Judged>& values) {
  auto level = values.empty() ? Zone::grey : Zone::green;
  for (const auto& judged : values) level = worst(level, judged.level());
  return level;
}

}  // namespace

Zone Judged::level() const {
  if (!counts) return Zone::green;
  auto level = finding.zone;
  for (const auto& found : beyond) level = followup::worst(level, found.zone);
  return doubt == Doubt::rule_failed ? followup::worst(level, Zone::grey) : level;
}

const Judged* Judgement::worst() const {
  const Judged* found = nullptr;
  for (const auto& value : values)
    if (!found || value.level() > found->level()) found = &value;
  return found;
}

bool Judgement::has_doubt() const {
  return std::any_of(values.begin(), values.end(), [](const Judged& judged) { return judged.doubt != Doubt::none; });
}

Judgement judge(const interaction::View& view, storage::PatientKey patient, fhir::Editor observation,
                fhir::Element previous) {
  const auto before = level_of(previous) ? places_of(previous) : std::unordered_map<std::string, fhir::Element>{};
  remove_our_marks(observation);
  Judgement judgement;
  if (!stands(observation)) return judgement;
  const auto received = received_at(observation);
  const bool is_score = is_score_of_parts(observation);
  if (is_score) work_out_score(view, patient, observation, before, received);
  const auto own = previous ? own_key(view, observation) : storage::ResourceKey{};
  for (auto& value : values_of(observation, view.zone())) {
    const auto same_place = before.find(value.measure);
    auto limits =
        limits_for(view, patient, value, same_place == before.end() ? fhir::Element{} : same_place->second, received);
    if (!concerns(value, limits)) continue;
    const auto place = observation.edit(value.place);
    if (!limits.limits.ranges.empty()) add_reference_ranges(place, limits.limits, limits.source);
    const auto rules = std::move(limits.rules);
    const bool of_score = is_score && value.place != fhir::Element(observation);
    auto& judged = judgement.values.emplace_back(judged_by(std::move(value), std::move(limits), of_score));
    add_interpretation(place, judged.finding);
    ask_rules(view, patient, observation, own, rules, judged);
    add_rule_findings(place, judged.beyond, judged.source);
    if (is_score && !of_score) judged.beyond = rule_findings_of(place);
  }
  for (auto& part : missing_parts(view, patient, view::Observation::of(observation), judgement, received))
    judgement.values.push_back(std::move(part));
  if (judgement.values.empty()) return judgement;
  judgement.level = worst_of(judgement.values);
  set_level(observation, judgement.level);
  return judgement;
}

Judgement judgement_of(fhir::Element observation) {
  Judgement judgement;
  const bool is_score = is_score_of_parts(observation);
  for (auto& value : values_of(observation)) {
    auto ranges = reference_ranges_of(value.place);
    LimitsOfValue limits{ranges.value_or(LimitSet{}), reference_range_source(value.place), !ranges};
    if (!concerns(value, limits)) continue;
    auto beyond = rule_findings_of(value.place);
    const bool of_score = is_score && value.place != observation;
    judgement.values.push_back(judged_by(std::move(value), std::move(limits), of_score));
    judgement.values.back().beyond = std::move(beyond);
  }
  judgement.level = level_of(observation).value_or(worst_of(judgement.values));
  return judgement;
}

std::optional<Zone> level_of(fhir::Element observation) {
  for (const auto tag : view::Observation::of(observation).meta().tag())
    if (tag.system() == codes::kAlertLevel) return zone_of(tag.code());
  return std::nullopt;
}

}  // namespace varde::followup
